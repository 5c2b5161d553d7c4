// Checks in waves on a real PostgreSQL: a version or a mode holds for the first node only, then for all; the way back takes its findings with it.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { aModule } from "../../testing/facts.ts";
import { runBackTest } from "../back-test/run.ts";
import { startBackTest } from "../back-test/verbs.ts";
import { modeOf } from "../check-modes/modes.ts";
import { setMode } from "../check-modes/set.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { saveCustomCheck, setCustomState } from "../custom-checks/save.ts";
import { restartsDraft } from "../custom-checks/testing.fixture.ts";
import { getFinding } from "../findings/get.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { listChecks } from "../inspections/checks.ts";
import { statusNow } from "../inspections/outcomes.ts";
import { dueNodes } from "../inspections/sweep.ts";
import { Fleet } from "./fleet.fixture.ts";
import { rollBackRollout } from "./orders.ts";
import { planRollout } from "./plan.ts";
import { previewRollout } from "./preview.ts";
import type { PlanRolloutInput } from "./schema.ts";
import { startRollout } from "./start.ts";

let database: TestDatabase;
let db: PrismaClient;
let fleet: Fleet;
let asAda: Context;
let nodes: string[] = [];
const CHECK = "module-restarts";

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  process.env.DATABASE_URL = database.url;
  fleet = await Fleet.open(database);
  await fleet.engine.person("ada", "admin");
  await fleet.engine.person("olga", "operator");
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  fleet.engine.close();
  await database.drop();
});
beforeEach(async () => {
  await db.rollout.deleteMany({});
  await db.node.deleteMany({});
  await db.checkMode.deleteMany({});
  await db.customCheck.deleteMany({});
  await db.patrolRun.deleteMany({});
  await db.budget.deleteMany({});
  fleet.engine.clock = new Date();
  fleet.verdict = (wave) => fleet.judged(wave, "pass");
  asAda = fleet.contextOf("ada", "admin");
  nodes = await fleet.addNodes(4, { pool: "own", facts: { modules: [aModule({ restarts: 9 })] } });
  await db.budget.create({
    data: {
      pool: "*",
      policy: { maxUnavailable: { nodes: 50 }, maxUnhealthyRatio: 1, maxDomains: 9, minAvailable: 0 },
      setBy: "x",
      setByName: "x",
      setAt: new Date(),
    },
  });
});

async function proveVersion(over: Record<string, unknown> = {}): Promise<number> {
  const { version } = await saveCustomCheck.call(asAda, { id: CHECK, draft: restartsDraft(over) });
  const { runId } = await startBackTest.call(asAda, { target: { id: CHECK }, selector: "*" });
  expect(await runBackTest(database.as("workers"), database.poolOf("workers"), runId, fleet.engine.now)).toBe("done");
  return version;
}
const plan = (params: object, selector = "*"): PlanRolloutInput => ({
  change: { kind: "check", params: { check: CHECK, ...params } },
  where: { selector },
  policy: { rehearse: false, soakMs: 60_000 },
});
async function begin(input: PlanRolloutInput): Promise<string> {
  const { id, targetHash } = await planRollout.call(asAda, input);
  asAda = fleet.contextOf("ada", "admin");
  await startRollout.call(asAda, { id, targetHash });
  return id;
}
async function lookDue() {
  const due = await dueNodes(db, fleet.engine.clock);
  await fleet.inspect(due);
  return due;
}
const openOn = async () =>
  (await db.finding.findMany({ where: { checkId: CHECK, state: { not: "closed" } }, select: { nodeId: true } })).map(
    ({ nodeId }) => nodeId,
  );
const changed = async () => (await db.rolloutTarget.findMany({ where: { state: "applied" } })).map((t) => t.nodeId);
const refusal = (input: PlanRolloutInput, as = asAda) =>
  planRollout.call(as, input).then(
    () => "planned",
    (err: { publicMessage: string }) => err.publicMessage,
  );

test("a version holds for the canary alone, goes back with its findings, and holds for all in the end", {
  timeout: 120_000,
}, async () => {
  const version = await proveVersion();
  expect((await previewRollout.call(asAda, plan({ version }))).summary.en).toBe(`${CHECK}: version 1`);
  const id = await begin(plan({ version }));
  await fleet.turn(id);
  const [canary = "", ...more] = await changed();
  expect(more).toEqual([]);
  expect(await lookDue()).toEqual([canary]);
  expect(await openOn()).toEqual([canary]);

  // Other readers see the fleet's catalogue, and the node as looked at by it.
  const { hash, checks } = await activeChecks(db);
  expect(checks.some((one) => one.id === CHECK)).toBe(false);
  const row = await db.nodeInspection.findUniqueOrThrow({ where: { nodeId: canary } });
  expect(statusNow(row, "runtime-down", hash).status).not.toBe("unknown");
  expect(row.digest).toContain(`${hash}~`);
  const all = await listChecks.call(asAda, undefined);
  expect(all.find((one) => one.id === "runtime-down")?.ok).toBe(4);
  const found = await db.finding.findFirstOrThrow({ where: { checkId: CHECK } });
  expect((await getFinding.call(asAda, { id: found.id })).title).toEqual({
    en: "Module restarts",
    zh: "模块重启",
  });
  await expect(setCustomState.call(asAda, { id: CHECK, state: "shadow" })).rejects.toMatchObject({ code: "conflict" });
  expect(await refusal(plan({ version }))).toContain("brings this version right now");

  asAda = fleet.contextOf("ada", "admin");
  await rollBackRollout.call(asAda, { id, reason: "too many findings" });
  expect(await fleet.turnUntil(id, ["rolled-back"])).toBe("rolled-back");
  expect(await lookDue()).toContain(canary);
  expect(await openOn()).toEqual([]);
  expect(await db.$queryRaw`SELECT * FROM node_check`).toEqual([]);

  const again = await begin(plan({ version }));
  expect(await fleet.turnUntil(again, ["succeeded", "halted", "paused"], 200)).toBe("succeeded");
  expect(await db.customCheck.findUniqueOrThrow({ where: { id: CHECK } })).toMatchObject({ state: "active", version });
  expect(await db.$queryRaw`SELECT * FROM node_check`).toEqual([]);
  await fleet.inspect(nodes);
  expect((await openOn()).sort()).toEqual([...nodes].sort());
  expect(await refusal(plan({ version }))).toBe("This version holds for the fleet already.");
});

test("a second version runs on some nodes while the first holds for the others", { timeout: 120_000 }, async () => {
  await proveVersion();
  await setCustomState.call(asAda, { id: CHECK, state: "active" });
  await fleet.inspect(nodes);
  expect(await openOn()).toHaveLength(4);
  const version = await proveVersion({
    problem: "item.restarts >= 50",
    clear: "item.restarts < 20",
    fixtures: fixtures50,
  });
  expect(version).toBe(2);
  const id = await begin(plan({ version }));
  await fleet.turn(id);
  const [canary = ""] = await changed();
  await lookDue();
  expect(await openOn()).toHaveLength(3);
  expect(await openOn()).not.toContain(canary);
  // To retire it is always allowed, and leaves no exception behind; later waves leave their nodes alone.
  asAda = fleet.contextOf("ada", "admin");
  await setCustomState.call(asAda, { id: CHECK, state: "retired" });
  expect(await db.$queryRaw`SELECT * FROM node_check`).toEqual([]);
  expect(await fleet.turnUntil(id, ["succeeded", "halted", "paused"], 200)).toBe("succeeded");
  expect(await db.$queryRaw`SELECT * FROM node_check`).toEqual([]);
  expect(await db.customCheck.findUniqueOrThrow({ where: { id: CHECK } })).toMatchObject({
    state: "retired",
    version: 1,
  });
});
const module = (restarts: number) => ({ name: "containerd", restarts, state: "running" });
const fixtures50 = [
  { name: "many", facts: { modules: [module(60)] }, expect: ["containerd"] },
  { name: "few", facts: { modules: [module(4)] }, expect: "ok" },
];

test("a mode holds for the canary alone, then for the pool; what somebody says for all meanwhile wins", {
  timeout: 120_000,
}, async () => {
  const change = { check: "runtime-down", checkMode: "approve" };
  const mode = (nodeId: string) => modeOf(db, "runtime-down", { id: nodeId, pool: "own" });
  const id = await begin(plan(change, "pool=own"));
  await fleet.turn(id);
  const [canary = "", ...more] = await changed();
  expect(more).toEqual([]);
  const modes = async () => (await Promise.all(nodes.map(mode))).filter((one) => one === "approve").length;
  expect([await mode(canary), await modes()]).toEqual(["approve", 1]);
  expect(await fleet.turnUntil(id, ["succeeded", "halted", "paused"], 200)).toBe("succeeded");
  expect(await modes()).toBe(4);
  expect(await db.checkMode.findMany()).toMatchObject([{ pool: "own", mode: "approve", setByName: "ada" }]);
  expect(await db.$queryRaw`SELECT * FROM node_check`).toEqual([]);

  // The pool has a word of its own now: what is for the fleet leaves it alone.
  expect(await refusal(plan({ ...change, checkMode: "observe" }))).toContain("No node of the selection");
  await fleet.addNodes(2, { pool: "other" });
  const wide = await begin(plan({ ...change, checkMode: "observe" }));
  expect(await fleet.turnUntil(wide, ["succeeded", "halted", "paused"], 200)).toBe("succeeded");
  expect(await modes()).toBe(4);
  expect(await modeOf(db, "runtime-down", { id: nodes[0] ?? "", pool: "other" })).toBe("observe");

  const late = await begin(plan({ ...change, checkMode: "suggest" }, "pool=own"));
  await fleet.turn(late);
  expect(await modes()).toBe(3);
  fleet.engine.pass(5);
  asAda = fleet.contextOf("ada", "admin");
  await setMode.call(asAda, { checkId: "runtime-down", pool: "own", mode: "observe", reason: "too eager" });
  expect(await fleet.turnUntil(late, ["succeeded", "halted", "paused"], 200)).toBe("succeeded");
  expect(await Promise.all(nodes.map(mode))).toEqual(Array(4).fill("observe"));
});

test("what may not be planned: parts of the fleet, what is not proven or not earned, and without the right for all", async () => {
  const { version } = await saveCustomCheck.call(asAda, { id: CHECK, draft: restartsDraft() });
  expect(await refusal(plan({ version }))).toContain("Back-test version 1");
  expect(await refusal(plan({ version: 7 }))).toBe("There is no such version.");
  expect(await refusal(plan({ version }, "pool=own"))).toContain("whole fleet");
  expect(await refusal(plan({ check: "no-such-check", version: 1 }))).toBe("There is no such check.");
  expect(await refusal(plan({ check: "runtime-down", checkMode: "auto" }))).not.toBe("planned");
  expect(await refusal(plan({ check: "runtime-down", checkMode: "observe" }, "label:team=web"))).toContain("pool=name");
  const asOlga = fleet.contextOf("olga", "operator");
  expect(await refusal(plan({ check: "runtime-down", checkMode: "observe" }), asOlga)).toContain("not yours to say");
});
