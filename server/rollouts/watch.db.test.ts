// The judge on stored facts: what is well passes wave after wave, what is not is halted after the first node and taken back, what nobody can see pauses.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { giveEvents } from "./advance.ts";
import { Fleet } from "./fleet.fixture.ts";
import type { Kept } from "./judges.ts";
import { planRollout } from "./plan.ts";
import type { ChangeInput, PolicyInput } from "./schema.ts";
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
  fleet.isJudgedForReal = true;
  await fleet.engine.person("olga", "operator");
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  fleet.engine.close();
  await database.drop();
});
beforeEach(async () => {
  count += 1;
  pool = `pool-${count}`;
  fleet.engine.clock = new Date();
  asOlga = fleet.contextOf("olga", "operator");
  const policy = { maxUnavailable: { nodes: 50 }, maxUnhealthyRatio: 1, maxDomains: 9, minAvailable: 0 };
  await db.budget.create({ data: { pool, policy, setBy: "x", setByName: "x", setAt: new Date() } });
});

const label: ChangeInput = { kind: "label", params: { key: "team", value: "web" } };

/** Changes the pool's nodes, four of them: waves of one and three. */
async function begin(change = label, policy: PolicyInput = {}, ahead?: (id: string) => Promise<void>): Promise<string> {
  const { id, targetHash } = await planRollout.call(asOlga, {
    change,
    where: { selector: `pool=${pool}`, limit: 4 },
    policy: { rehearse: false, soakMs: 120_000, judgeEveryMs: 10_000, judge: { minExposureMs: 60_000 }, ...policy },
  });
  await ahead?.(id);
  // Its approval is given by hand: signatures are the approvals' own tests.
  const at = fleet.engine.clock;
  const event = { type: "approved" as const, at: at.getTime(), targetHash, by: ["user:x"] };
  await db.$transaction((tx) => giveEvents(tx, id, [{ event, actor: "user:x" }], at));
  asOlga = fleet.contextOf("olga", "operator");
  await startRollout.call(asOlga, { id, targetHash });
  return id;
}
const firstCanary = async (id: string): Promise<string> =>
  (await db.rolloutTarget.findFirstOrThrow({ where: { rolloutId: id, wave: 0 } })).nodeId;
const whyOf = async (id: string) => {
  const { state } = await db.rollout.findUniqueOrThrow({ where: { id } });
  return JSON.stringify(state);
};
const untouched = (id: string) => db.rolloutTarget.count({ where: { rolloutId: id, state: "pending" } });

/** Turns with a fresh sign of life of the gateway, until it stands in one of these phases. */
const until = (id: string, ...phases: string[]) => fleet.turnUntil(id, phases, 90, 10);

test("a harmless change passes, each look with its numbers", { timeout: 120_000 }, async () => {
  await fleet.addNodes(10, { pool });
  const id = await begin();
  expect(await until(id, "succeeded", "paused", "halted"), await whyOf(id)).toBe("succeeded");
  const looks = await db.rolloutLook.findMany({ where: { rolloutId: id }, orderBy: { at: "asc" } });
  expect(new Set(looks.map(({ wave }) => wave))).toEqual(new Set([0, 1]));
  expect(new Set(looks.map(({ verdict }) => verdict))).toEqual(new Set(["wait", "pass"]));
  const signals = looks.at(-1)?.signals as { id: string; canary: { nodes: number }; control: { nodes: number } }[];
  expect(signals.find(({ id }) => id === "module-restarts")).toMatchObject({
    canary: { nodes: 3 },
    control: { nodes: 7 },
  });
});

const critical = (nodeId: string) => found(nodeId, "critical", "cni0");
async function found(nodeId: string, severity: string, subject: string): Promise<void> {
  const at = fleet.engine.clock;
  await db.finding.create({
    data: {
      nodeId,
      checkId: "cni-broken",
      subject,
      severity,
      state: "open",
      reason: "NetworkNotReady",
      message: { en: "broken", zh: "损坏" },
      evidence: {},
      params: {},
      firstSeenAt: at,
      lastSeenAt: at,
      openedAt: at,
    },
  });
}

test("a critical finding on the canary halts before a second node is touched, and takes it back", {
  timeout: 120_000,
}, async () => {
  await fleet.addNodes(10, { pool });
  const id = await begin();
  await fleet.turn(id);
  const canary = await firstCanary(id);
  fleet.engine.pass(5);
  await critical(canary);
  expect(await until(id, "rolled-back", "succeeded", "paused"), await whyOf(id)).toBe("rolled-back");
  expect(await untouched(id)).toBe(3);
  expect((await db.rolloutLook.findMany({ where: { rolloutId: id, verdict: "fail" } })).length).toBeGreaterThan(0);
  expect((await db.node.findUniqueOrThrow({ where: { id: canary } })).labels).toEqual({});
});

test("a critical finding of before the change is not held against it", { timeout: 120_000 }, async () => {
  await fleet.addNodes(10, { pool });
  const id = await begin();
  const canary = await firstCanary(id);
  await critical(canary);
  fleet.engine.pass(5);
  expect(await until(id, "succeeded", "paused", "halted", "rolled-back"), await whyOf(id)).toBe("succeeded");
});

test.each([
  ["is held against it where it stays", "open", "halted"],
  ["is not where it was a passing effect", "recovering", "succeeded"],
])("what becomes critical while the change is put in place %s", { timeout: 120_000 }, async (_, state, end) => {
  await fleet.addNodes(10, { pool });
  await fleet.addDead(4, { pool });
  const id = await begin({ kind: "repair", params: { repairId: "start-runtime", checkId: "runtime-down" } });
  const canary = await firstCanary(id);
  fleet.answers = (nodeId) => (nodeId === canary ? "silent" : "done");
  await fleet.turn(id);
  await fleet.turn(id);
  await critical(canary);
  fleet.engine.pass(2);
  fleet.answers = () => "done";
  await fleet.turn(id);
  await db.finding.updateMany({ where: { nodeId: canary }, data: { state } });
  expect(await until(id, "succeeded", "paused", "halted"), await whyOf(id)).toBe(end);
  expect(await untouched(id)).toBe(end === "succeeded" ? 0 : 3);
  const { applied } = (await db.rollout.findUniqueOrThrow({ where: { id } })).counts as Record<string, number>;
  expect(applied).toBe(end === "succeeded" ? 4 : 1);
});

test("without news from the nodes nothing passes", { timeout: 120_000 }, async () => {
  const ids = await fleet.addNodes(10, { pool });
  const id = await begin();
  await fleet.turn(id);
  await db.node.updateMany({ where: { id: { in: ids } }, data: { isConnected: false } });
  expect(await until(id, "succeeded", "paused", "halted")).toBe("paused");
  expect(await untouched(id)).toBe(3);
});

test("with nothing left to compare with a person decides", { timeout: 120_000 }, async () => {
  await fleet.addNodes(2, { pool });
  const id = await begin();
  // The second wave has the first one's node to compare with; taken away, it has none.
  await fleet.turn(id);
  const other = await db.rolloutTarget.findFirstOrThrow({ where: { rolloutId: id, wave: 1 } });
  await db.node.update({ where: { id: other.nodeId }, data: { state: "maintenance" } });
  expect(await until(id, "succeeded", "paused", "halted")).toBe("paused");
});

test("ahead of the change its nodes and their controls show what they are like; nothing is said of them", {
  timeout: 120_000,
}, async () => {
  await fleet.addNodes(10, { pool });
  const id = await begin(label, {}, async (planned) => {
    for (let i = 0; i < 4; i += 1) await fleet.turn(planned, 300);
  });
  const keptOf = async () => (await db.rollout.findUniqueOrThrow({ where: { id } })).judge as unknown as Kept;
  const ahead = await keptOf();
  expect([ahead.wave, ahead.isBefore, ahead.judge?.looks]).toEqual([0, true, 0]);
  expect(await db.rolloutLook.count({ where: { rolloutId: id } })).toBe(0);
  const habits = ahead.judge?.signals["module-restarts"]?.habits ?? {};
  expect(Object.values(habits).map(({ windows }) => windows)).toEqual(Array(10).fill(3));
  expect(habits[await firstCanary(id)]?.exposure).toBeCloseTo(900, -2); // three times five minutes
  expect(await until(id, "succeeded", "paused", "halted"), await whyOf(id)).toBe("succeeded");
  const after = await keptOf();
  expect([after.wave, after.isBefore]).toEqual([1, undefined]);
  // The first canary's past, and what it was like as a control, goes along to the next wave.
  expect(after.judge?.signals["module-restarts"]?.habits[await firstCanary(id)]?.windows).toBeGreaterThanOrEqual(3);
});

test("by the judge of the whole soak, if the policy says so: well passes with its score, what is restless is left to a person", {
  timeout: 120_000,
}, async () => {
  const policy = { soakMs: 250_000, judge: { kind: "kayenta" as const, minExposureMs: 60_000 } };
  await fleet.addNodes(10, { pool });
  const well = await begin(label, policy);
  expect(await until(well, "succeeded", "paused", "halted"), await whyOf(well)).toBe("succeeded");
  const last = await db.rolloutLook.findFirstOrThrow({ where: { rolloutId: well }, orderBy: { at: "desc" } });
  expect(JSON.stringify(last.reason)).toContain("score 100 of 100");
  const restless = await begin({ kind: "label", params: { key: "team", value: "db" } }, policy);
  let phase: string | null = "running";
  for (let turn = 0; turn < 90 && phase === "running"; turn += 1) {
    phase = await fleet.turn(restless, 5);
    const { state, nodeId } = await db.rolloutTarget.findFirstOrThrow({ where: { rolloutId: restless, wave: 0 } });
    fleet.engine.pass(5); // between two looks
    if (state === "applied") await found(nodeId, "warning", `${turn}`);
  }
  expect(phase).toBe("paused");
  expect(await whyOf(restless)).toMatch(/score 9\d\.?\d* of 100.*worse: findings-warning/);
});
