// Checks written at run time on a real PostgreSQL, each process with its own rights: versions, proof before they count, shadow, retirement, back-tests.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { aModule, nodeFacts } from "../../testing/facts.ts";
import { addNode, contextOf, contextWith } from "../../testing/fleet.ts";
import { dueBackTests, runBackTest } from "../back-test/run.ts";
import { backTestRun, backTestSample, cancelBackTest, startBackTest } from "../back-test/verbs.ts";
import type { Context } from "../core/context.ts";
import { inspect } from "../inspections/evaluate.ts";
import { customActive } from "./active.ts";
import { getCustomCheck, listCustomChecks } from "./list.ts";
import { saveCustomCheck, setCustomState } from "./save.ts";
import { restartsDraft } from "./testing.fixture.ts";

let database: TestDatabase;
let operator: Context;
const start = new Date();
let clock = start;
const now = () => clock;

beforeAll(async () => {
  database = await testDatabase();
  process.env.DATABASE_URL = database.url;
  operator = contextOf(database.as("web"), "operator", now);
});
afterAll(async () => {
  const { closeQueues } = await import("../core/queue.ts");
  await closeQueues();
  await database.drop();
});
beforeEach(async () => {
  clock = start;
  await database.prisma.node.deleteMany({});
  await database.prisma.patrolRun.deleteMany({});
});

async function addNodeWith(name: string, restarts: number, pool = "own"): Promise<string> {
  const id = await addNode(database.prisma, { name, pool });
  await database.prisma.node.update({ where: { id }, data: { lastSeenAt: start } });
  const facts = { ...nodeFacts(), modules: { data: [aModule({ restarts })], at: 0, error: null } };
  await database.prisma.nodeFact.createMany({
    data: Object.entries(facts).map(([kind, fact]) => ({
      nodeId: id,
      kind,
      hash: JSON.stringify(fact?.data).slice(0, 40) + restarts,
      data: fact?.data as object,
      at: start,
      receivedAt: start,
    })),
  });
  return id;
}

const work = (runId: string) => runBackTest(database.as("workers"), database.poolOf("workers"), runId, now);

async function prove(id: string): Promise<void> {
  const { runId } = await startBackTest.call(operator, { target: { id }, selector: "*" });
  expect(await work(runId)).toBe("done");
}

test("a check goes from draft to shadow to active to retired, and its findings with it", async () => {
  const id = "module-restarts";
  const bad = await addNodeWith("bad", 9);
  await addNodeWith("good", 0);
  expect(await saveCustomCheck.call(operator, { id, draft: restartsDraft() })).toMatchObject({
    version: 1,
    isNew: true,
  });
  expect(await saveCustomCheck.call(operator, { id, draft: restartsDraft() })).toMatchObject({
    version: 1,
    isNew: false,
  });
  expect(await customActive(database.as("workers"))).toEqual([]);
  await expect(setCustomState.call(operator, { id, state: "shadow" })).rejects.toMatchObject({
    publicMessage: "Back-test version 1 over the whole fleet first.",
  });

  await prove(id);
  const set = await setCustomState.call(operator, { id, state: "shadow" });
  expect(set.backTest).toMatchObject({ selected: 2, nodes: 2, ok: 1, problems: 1, wouldOpen: 1, cutShort: null });
  const workers = database.as("workers");
  await inspect(workers, [bad], now());
  const shadow = await database.prisma.finding.findMany({ where: { checkId: id } });
  expect(shadow).toMatchObject([{ subject: "containerd", state: "open", isShadow: true }]);
  const node = await database.prisma.node.findUniqueOrThrow({ where: { id: bad } });
  expect(node.warningCount).toBe(0);
  expect(await listCustomChecks.call(operator, undefined)).toMatchObject([{ id, openFindings: 0, shadowFindings: 1 }]);

  await setCustomState.call(operator, { id, state: "active" });
  clock = new Date(start.getTime() + 1_000);
  await inspect(workers, [bad], now());
  expect((await database.prisma.node.findUniqueOrThrow({ where: { id: bad } })).warningCount).toBe(1);

  // A new version is evaluated when somebody says so, after a look of its own.
  await saveCustomCheck.call(operator, {
    id,
    draft: restartsDraft({ problem: "item.restarts >= 20", clear: undefined }),
  });
  expect((await customActive(workers))[0]?.version).toBe(1);
  await expect(setCustomState.call(operator, { id, state: "active" })).rejects.toMatchObject({ code: "conflict" });

  const { runId } = await setCustomState.call(operator, { id, state: "retired" });
  expect(runId).not.toBeNull();
  clock = new Date(start.getTime() + 2_000);
  await inspect(workers, [bad], now());
  expect(await database.prisma.finding.findMany({ where: { checkId: id, state: { not: "closed" } } })).toEqual([]);
  const detail = await getCustomCheck.call(operator, { id });
  expect(detail.versions.map(({ version, backTest }) => [version, backTest?.problems ?? null])).toEqual([
    [2, null],
    [1, 1],
  ]);
  // What the whole fleet came to is told to nobody who sees a part of it, nor what was taken from its nodes to try the check.
  const own = contextWith(database.as("web"), [{ role: "operator", selector: "pool=own" }], { now });
  const { versions } = await getCustomCheck.call(own, { id });
  expect(versions.map(({ backTest, draft }) => [backTest, draft.fixtures])).toEqual([
    [null, []],
    [null, []],
  ]);
});

test("fixtures that do not hold, errors and ids of built-in checks are refused", async () => {
  const save = (id: string, over: Record<string, unknown>) =>
    saveCustomCheck.call(operator, { id, draft: restartsDraft(over) });
  await expect(save("runtime-down", {})).rejects.toMatchObject({ code: "conflict" });
  await expect(save("misspelt", { problem: "item.restart > 1" })).rejects.toMatchObject({
    details: { errors: [{ field: "problem", start: 5, end: 12 }] },
  });
  await save("wrong-fixture", { problem: "item.restarts >= 4" });
  await prove("wrong-fixture");
  await expect(setCustomState.call(operator, { id: "wrong-fixture", state: "active" })).rejects.toMatchObject({
    publicMessage: "Its fixtures do not come out as they say.",
  });
  await save("no-fixture", { fixtures: [] });
  await prove("no-fixture");
  await expect(setCustomState.call(operator, { id: "no-fixture", state: "active" })).rejects.toMatchObject({
    details: { lacks: ["problem", "ok"] },
  });
  const viewer = contextOf(database.as("web"), "viewer", now);
  await expect(saveCustomCheck.call(viewer, { id: "by-viewer", draft: restartsDraft() })).rejects.toMatchObject({
    code: "forbidden",
  });
});

test("a back-test counts what stands, says why it is unknown, and a sample sees one's own part only", async () => {
  for (let i = 0; i < 30; i += 1) await addNodeWith(`n-${i}`, i % 10 === 0 ? 9 : 0, i < 10 ? "own" : "other");
  const dark = await addNode(database.prisma, { name: "dark", pool: "own" });
  expect(dark).toBeTruthy();
  const target = { draft: restartsDraft() };
  const whole = await backTestSample.call(operator, { target, selector: "*" });
  expect(whole).toMatchObject({ selected: 31, nodes: 31, ok: 27, unknown: 1, problemNodes: 3, wouldOpen: 3 });
  expect(whole.unknownReasons).toEqual([{ reason: "no modules fact yet", nodes: 1 }]);
  expect(whole.sample[0]?.message.en).toBe("containerd was restarted 9 times.");
  const own = contextWith(database.as("web"), [{ role: "operator", selector: "pool=own" }], { now });
  expect(await backTestSample.call(own, { target, selector: "*" })).toMatchObject({ selected: 11, problemNodes: 1 });
  expect(await backTestSample.call(operator, { target, selector: "" })).toMatchObject({ selected: 0, nodes: 0 });
  // A part of the fleet is no proof for all of it.
  const { runId } = await startBackTest.call(own, { target, selector: "*" });
  expect(await work(runId)).toBe("done");
  expect(await backTestRun.call(own, { runId })).toMatchObject({
    state: "done",
    result: { selected: 11, wallMs: null },
  });
  const moved = contextWith(database.as("web"), [{ role: "operator", selector: "pool=other" }], { now });
  expect(await backTestRun.call(moved, { runId })).toBeNull();
});

test("every built-in check can be back-tested, also those that look at more than they need", async () => {
  await addNodeWith("healthy", 0);
  const { checks } = await import("../../checks/index.ts");
  for (const { id } of checks) {
    const result = await backTestSample.call(operator, { target: { id }, selector: "*" });
    expect([id, result.nodes]).toEqual([id, 1]);
  }
});

test("a back-test whose worker died is begun anew; one that was cancelled ends; nobody runs one twice", async () => {
  await addNodeWith("one", 9);
  const target = { draft: restartsDraft() };
  const { runId } = await startBackTest.call(operator, { target, selector: "*" });
  const both = await Promise.all([work(runId), work(runId)]);
  expect(both.sort()).toEqual(["done", "taken"]);

  const { runId: lost } = await startBackTest.call(operator, { target, selector: "*" });
  // As a worker leaves it that was killed: claimed, not ended.
  await database.prisma.patrolRun.update({ where: { id: lost }, data: { dueAt: new Date(start.getTime() + 20_000) } });
  expect(await dueBackTests(database.as("workers"), now())).toEqual([]);
  clock = new Date(start.getTime() + 21_000);
  expect(await dueBackTests(database.as("workers"), now())).toEqual([lost]);
  expect(await work(lost)).toBe("done");

  const { runId: stopped } = await startBackTest.call(operator, { target, selector: "*" });
  await cancelBackTest.call(operator, { runId: stopped });
  expect(await work(stopped)).toBe("cancelled");
});

test("a name that cannot be kept as it was cut does not fail a back-test", async () => {
  const id = await addNodeWith("odd", 9);
  const modules = [{ ...aModule({ restarts: 9 }), name: "😀" }];
  await database.prisma.nodeFact.updateMany({ where: { nodeId: id, kind: "modules" }, data: { data: modules } });
  const target = { draft: restartsDraft({ subject: "item.name.substring(0, 1) + '\\u0000'" }) };
  const { runId } = await startBackTest.call(operator, { target, selector: "*" });
  expect(await work(runId)).toBe("done");
  expect(await backTestRun.call(operator, { runId })).toMatchObject({ result: { sample: [{ nodeId: id }] } });
});
