// The judge on stored facts: what is well passes wave after wave, what is not is halted after the first node and taken back, what nobody can see pauses.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { giveEvents } from "./advance.ts";
import { Fleet } from "./fleet.fixture.ts";
import { planRollout } from "./plan.ts";
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

/** Labels the pool's nodes, four of them: waves of one and three. */
async function begin(): Promise<string> {
  const { id, targetHash } = await planRollout.call(asOlga, {
    change: { kind: "label", params: { key: "team", value: "web" } },
    where: { selector: `pool=${pool}`, limit: 4 },
    policy: { rehearse: false, soakMs: 120_000, judgeEveryMs: 10_000, judge: { minExposureMs: 60_000 } },
  });
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

async function critical(nodeId: string): Promise<void> {
  const at = fleet.engine.clock;
  await db.finding.create({
    data: {
      nodeId,
      checkId: "cni-broken",
      subject: "cni0",
      severity: "critical",
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
