// Rollouts on a real PostgreSQL with the real dispatcher and repairs' engine: plan, start, waves, halts, ways back.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Policy } from "../../rollout/types.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { cordonNode, listLeases, releaseLease } from "../budget/leases.ts";
import { sweepLeases } from "../budget/sweep.ts";
import { releaseLeases, takeLeases } from "../budget/take.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { giveEvents } from "./advance.ts";
import { readLog, replay } from "./event-log.ts";
import { Fleet } from "./fleet.fixture.ts";
import { pauseRollout, resumeRollout } from "./orders.ts";
import { planRollout } from "./plan.ts";
import { previewRollout } from "./preview.ts";
import type { PlanRolloutInput } from "./schema.ts";
import { startRollout } from "./start.ts";

let database: TestDatabase;
let db: PrismaClient;
let fleet: Fleet;
let asOlga: Context;
let pool = "";
let count = 0;

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  process.env.DATABASE_URL = database.url;
  fleet = await Fleet.open(database);
  await fleet.engine.person("olga", "operator");
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  fleet.engine.close();
  await database.drop();
});
beforeEach(() => {
  count += 1;
  pool = `pool-${count}`;
  fleet.engine.clock = new Date();
  fleet.answers = () => "done";
  fleet.verdict = (wave) => fleet.judged(wave, "pass");
  asOlga = fleet.contextOf("olga", "operator");
});

const startRuntime = (over: Partial<PlanRolloutInput> = {}): PlanRolloutInput => ({
  change: { kind: "repair", params: { repairId: "start-runtime", checkId: "runtime-down" } },
  where: { selector: `pool=${pool}` },
  policy: { rehearse: false },
  ...over,
});

/** Planned and started by olga. */
async function begin(input: PlanRolloutInput): Promise<string> {
  const { id, targetHash } = await planRollout.call(asOlga, input);
  asOlga = fleet.contextOf("olga", "operator");
  await startRollout.call(asOlga, { id, targetHash });
  return id;
}
const targetsOf = (id: string) =>
  db.rolloutTarget.findMany({ where: { rolloutId: id }, orderBy: [{ wave: "asc" }, { turn: "asc" }] });

test("plan, start, wave after wave, succeeded: each node is changed once, leases are given back", {
  timeout: 120_000,
}, async () => {
  await fleet.addNodes(6, { pool });
  await fleet.addDead(4, { pool });
  await db.budget.create({
    data: {
      pool,
      policy: { maxUnavailable: { nodes: 5 }, maxUnhealthyRatio: 1, maxDomains: 3, minAvailable: 0 },
      setBy: "x",
      setByName: "x",
      setAt: new Date(),
    },
  });
  const id = await begin(startRuntime());
  expect((await targetsOf(id)).map(({ wave, state }) => `${wave} ${state}`)).toEqual([
    "0 pending",
    "1 pending",
    "1 pending",
    "1 pending",
  ]);
  await fleet.turn(id);
  expect((await targetsOf(id)).filter(({ wave }) => wave >= 0).map(({ state }) => state)).not.toContain("failed");
  expect(await fleet.turnUntil(id, ["succeeded", "halted", "paused"], 200)).toBe("succeeded");
  const targets = await targetsOf(id);
  expect(targets.filter(({ wave }) => wave >= 0).map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(
    Array(4).fill("applied 1"),
  );
  expect(await db.lease.count({ where: { activeKey: { not: null }, pool } })).toBe(0);
  expect(await db.repair.count({ where: { rolloutId: id } })).toBe(4);
});

const wide = (over: object = {}) =>
  db.budget.create({
    data: {
      pool,
      policy: { maxUnavailable: { nodes: 50 }, maxUnhealthyRatio: 1, maxDomains: 9, minAvailable: 0, ...over },
      setBy: "x",
      setByName: "x",
      setAt: new Date(),
    },
  });
const setLabel = (over: Partial<PlanRolloutInput> = {}): PlanRolloutInput => ({
  change: { kind: "label", params: { key: "team", value: "web" } },
  where: { selector: `pool=${pool}` },
  policy: { rehearse: false },
  ...over,
});
/** Planned by olga, its approval given by hand: signatures are the approvals' own tests. */
async function beginApproved(input: PlanRolloutInput): Promise<string> {
  const { id, targetHash } = await planRollout.call(asOlga, input);
  const at = fleet.engine.clock;
  await db.$transaction((tx) =>
    giveEvents(
      tx,
      id,
      [{ event: { type: "approved", at: at.getTime(), targetHash, by: ["user:x"] }, actor: "user:x" }],
      at,
    ),
  );
  asOlga = fleet.contextOf("olga", "operator");
  await startRollout.call(asOlga, { id, targetHash });
  return id;
}
const counts = async (id: string) => {
  const { counts: of } = await db.rollout.findUniqueOrThrow({ where: { id } });
  return Object.fromEntries(Object.entries(of as Record<string, number>).filter(([, n]) => n > 0));
};

test("an empty selection is no node, and nothing is planned; a plan is what its preview showed", async () => {
  await fleet.addNodes(4, { pool });
  for (const where of [{}, { selector: "" }, { selector: "pool=nobody" }])
    await expect(planRollout.call(asOlga, setLabel({ where }))).rejects.toMatchObject({ code: "invalid" });
  const preview = await previewRollout.call(asOlga, setLabel());
  const { id, count: planned } = await planRollout.call(asOlga, setLabel());
  expect(planned).toBe(preview.count);
  const targets = (await targetsOf(id)).filter(({ wave }) => wave >= 0);
  expect(preview.waves.map(({ sample }) => sample.map((node) => node.id))).toEqual(
    preview.waves.map(({ wave }) => targets.filter((one) => one.wave === wave).map(({ nodeId }) => nodeId)),
  );
});

test("a bad verdict halts, goes back by itself, and the log leads to the same state", {
  timeout: 120_000,
}, async () => {
  const nodes = await fleet.addNodes(6, { pool });
  await wide();
  const id = await beginApproved(setLabel());
  fleet.verdict = (wave, { state }) => {
    const at = fleet.engine.clock.getTime();
    const verdict = wave === 0 || state.stage !== "soak" ? "pass" : "fail";
    return [{ type: "judged", at, wave, verdict, why: { en: "worse", zh: "变差" }, dataAt: at }];
  };
  expect(await fleet.turnUntil(id, ["rolled-back", "succeeded"], 400, 20)).toBe("rolled-back");
  expect(await counts(id)).toMatchObject({ reverted: 4, pending: 2 });
  const labels = await db.node.findMany({ where: { id: { in: nodes } }, select: { labels: true } });
  expect(labels.map(({ labels: of }) => of)).toEqual(Array(6).fill({}));
  const row = await db.rollout.findUniqueOrThrow({ where: { id } });
  const { entries, isWhole } = await readLog(db, id);
  expect(isWhole).toBe(true);
  expect(replay(entries, row.policy as unknown as Policy)).toEqual(row.state);
  await db.$executeRawUnsafe(
    `UPDATE rollout_event SET event = jsonb_set(event, '{at}', '1') WHERE seq = 3 AND rollout_id = '${id}'`,
  );
  expect((await readLog(db, id)).isWhole).toBe(false);
});

test("a halt withdraws what no node has confirmed: those nodes were never changed, and each command ran once", {
  timeout: 120_000,
}, async () => {
  await fleet.addNodes(10, { pool });
  await fleet.addDead(5, { pool });
  await wide();
  const id = await begin(startRuntime({ policy: { rehearse: false, first: 4, maxErrors: 5 } }));
  fleet.answers = () => "silent";
  await fleet.turn(id);
  await fleet.turn(id);
  expect(await counts(id)).toMatchObject({ applying: 1 }); // one in ten of a wave, and always one
  await pauseRollout.call(asOlga, { id, reason: "look first" });
  await fleet.turn(id);
  fleet.engine.pass(200);
  await fleet.turn(id);
  await fleet.turn(id);
  expect(await counts(id)).toEqual({ pending: 5 });
  expect(await db.command.count({ where: { repair: { rolloutId: id }, role: "step", state: "accepted" } })).toBe(0);
  asOlga = fleet.contextOf("olga", "operator");
  fleet.answers = () => "done";
  await resumeRollout.call(asOlga, { id, reason: "all well" });
  const end = await fleet.turnUntil(id, ["succeeded", "paused", "halted"], 300);
  expect([end, (await targetsOf(id)).filter(({ state }) => state === "failed").map(({ reason }) => reason)]).toEqual([
    "succeeded",
    [],
  ]);
  const steps = await db.command.groupBy({
    by: ["nodeId"],
    where: { repair: { rolloutId: id }, role: "step", state: "done" },
    _count: true,
  });
  expect(steps.map(({ _count }) => _count)).toEqual([1, 1, 1, 1, 1]);
});

test("two rollouts, people's cordons and repairs compete for one budget: it never overshoots", async () => {
  const nodes = await fleet.addNodes(20, { pool });
  await wide({ maxUnavailable: { nodes: 3 } });
  const workers = database.as("workers");
  let most = 0;
  const owners = ["rollout:a", "rollout:b", "user:olga", "repair:c"];
  await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      const owner = owners[i % owners.length] ?? "";
      const kind = owner.startsWith("user") ? ("cordon" as const) : ("action" as const);
      const holder = { kind, owner, ownerName: owner, reason: "", expiresAt: null, isAutomatic: i % 8 === 3 };
      const wanted = [nodes[i % 20], nodes[(i * 7 + 3) % 20]].map((nodeId = "") => ({
        nodeId,
        pool,
        domain: "",
        isSick: false,
      }));
      await workers.$transaction((tx) => takeLeases(tx, wanted, holder, new Date()), {
        maxWait: 30_000,
        timeout: 30_000,
      });
      const held = await db.lease.count({
        where: { pool, activeKey: { not: null }, kind: { in: ["action", "cordon"] } },
      });
      most = Math.max(most, held);
      if (i % 3 === 0) await workers.$transaction((tx) => releaseLeases(tx, owner, null, new Date()));
    }),
  );
  expect(most).toBe(3);
});

test("whoever cannot have a node waits in line, and gets it when there is room", async () => {
  const nodes = await fleet.addNodes(3, { pool });
  await wide({ maxUnavailable: { nodes: 1 } });
  const first = await cordonNode.call(asOlga, { node: nodes[0] ?? "", forMs: 60_000, reason: "disk" });
  expect(first.leaseId).not.toBeNull();
  const second = await cordonNode.call(asOlga, { node: nodes[1] ?? "", forMs: 60_000, reason: "memory" });
  expect(second).toMatchObject({
    leaseId: null,
    sum: { en: expect.stringContaining("1 under way + 1 asked = 2 > 1") },
  });
  expect((await sweepLeases(database.as("workers"), fleet.engine.clock)).granted).toBe(0);
  fleet.engine.pass(61);
  expect(await sweepLeases(database.as("workers"), fleet.engine.clock)).toEqual({ ended: 1, granted: 1 });
  const { leases, waiting } = await listLeases.call(asOlga, { pool });
  expect(leases).toMatchObject([{ nodeId: nodes[1], isMine: true, kind: "cordon" }]);
  expect(waiting).toEqual([]);
});

test("a cordon that ends while its owner's own rollout works there becomes the rollout's: the node is never free under way", async () => {
  const [node = ""] = await fleet.addDead(1, { pool });
  await fleet.addNodes(5, { pool });
  await wide();
  const { leaseId } = await cordonNode.call(asOlga, { node, forMs: 60_000, reason: "disk" });
  fleet.answers = () => "silent";
  const id = await begin(startRuntime());
  await fleet.turn(id);
  expect((await targetsOf(id)).map(({ state }) => state)).toEqual(["applying"]);
  await releaseLease.call(fleet.contextOf("olga", "operator"), { id: leaseId ?? "" });
  const held = await db.lease.findUniqueOrThrow({ where: { activeKey: node } });
  expect(held).toMatchObject({ kind: "action", owner: `rollout:${id}`, expiresAt: null });
});
