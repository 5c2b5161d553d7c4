// Inspections on a real PostgreSQL: from stored facts to findings, outcomes and node state; concurrent, repeated and restarted looks.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Check, defineCheck } from "../../checks/define.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode } from "../../testing/fleet.ts";
import { inspect } from "./evaluate.ts";
import { dueNodes } from "./sweep.ts";

let database: TestDatabase;
let db: PrismaClient;
beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
});
afterAll(() => database.drop());

const text = (en: string) => ({ en, zh: en });
/** A problem for every sysctl that is "bad". */
const bad = (id: string, over: Partial<Parameters<typeof defineCheck>[0]> = {}): Check =>
  defineCheck({
    id,
    title: text(id),
    area: "kernel",
    severity: "critical",
    needs: ["sysctls"],
    raiseAfterMs: 10_000,
    clearAfterMs: 5_000,
    factTtlMs: 60_000,
    thresholds: {},
    suggestion: text(""),
    repairs: [],
    evaluate: ({ facts }) => {
      const sysctls = (facts as { sysctls: Record<string, string> }).sysctls;
      if (sysctls.throw) throw new Error("boom");
      return Object.entries(sysctls)
        .filter(([, value]) => value === "bad")
        .map(([subject, value]) => ({
          subject,
          reason: "Bad",
          message: text(`${subject} is ${value}`),
          evidence: [],
          params: { b: 1, a: [2] },
        }));
    },
    ...over,
  } as Parameters<typeof defineCheck>[0]);
const checks = [bad("is-bad")];

const START = new Date("2026-03-01T12:00:00Z");
const at = (seconds: number) => new Date(START.getTime() + seconds * 1_000);
let nodeId: string;
let nodes = 0;

beforeEach(async () => {
  nodes += 1;
  nodeId = await addNode(db, { name: `node-${nodes}` });
  await report({ "net.a": "good" }, 0);
});

/** Stores a sysctls fact as ingest does, at `seconds`. */
async function report(data: Record<string, string>, seconds: number, id = nodeId) {
  const fact = { hash: JSON.stringify(data), data, error: null, at: at(seconds), receivedAt: at(seconds) };
  await db.nodeFact.upsert({
    where: { nodeId_kind: { nodeId: id, kind: "sysctls" } },
    create: { nodeId: id, kind: "sysctls", ...fact },
    update: fact,
  });
}
const findings = (id = nodeId) => db.finding.findMany({ where: { nodeId: id }, orderBy: { id: "asc" } });
const stateOf = async () => (await db.node.findUniqueOrThrow({ where: { id: nodeId } })).state;
const outcomes = () => db.nodeInspection.findUniqueOrThrow({ where: { nodeId } });

test("a problem waits, opens, turns the node, recovers and closes", async () => {
  await inspect(db, [nodeId], at(0), { checks });
  expect(await stateOf()).toBe("healthy");
  await report({ "net.a": "bad" }, 1);
  await inspect(db, [nodeId], at(1), { checks });
  expect(await findings()).toMatchObject([{ state: "pending", subject: "net.a", firstSeenAt: at(1) }]);
  expect(await stateOf()).toBe("healthy");
  await inspect(db, [nodeId], at(11), { checks });
  expect(await findings()).toMatchObject([
    { state: "open", openedAt: at(11), firstSeenAt: at(1), params: { a: [2], b: 1 } },
  ]);
  expect(await stateOf()).toBe("unhealthy");
  await report({ "net.a": "good" }, 20);
  await inspect(db, [nodeId], at(20), { checks });
  expect(await findings()).toMatchObject([{ state: "recovering" }]);
  await inspect(db, [nodeId], at(25), { checks });
  expect(await findings()).toMatchObject([
    { state: "closed", closeReason: "cleared", liveKey: null, closedAt: at(25) },
  ]);
  expect(await stateOf()).toBe("healthy");
  await report({ "net.a": "bad" }, 30);
  await inspect(db, [nodeId], at(30), { checks });
  await inspect(db, [nodeId], at(41), { checks });
  expect(await findings()).toMatchObject([
    { state: "closed" },
    { state: "flapping", flapCount: 1, firstSeenAt: at(1) },
  ]);
});

test("twenty looks at once make one finding and leave nothing behind", async () => {
  await report({ "net.a": "bad", "net.b": "bad" }, 1);
  await Promise.all(Array.from({ length: 20 }, () => inspect(db, [nodeId], at(1), { checks })));
  await Promise.all(Array.from({ length: 20 }, () => inspect(db, [nodeId], at(12), { checks })));
  expect((await findings()).map(({ subject, state }) => `${subject} ${state}`).sort()).toEqual([
    "net.a open",
    "net.b open",
  ]);
  expect(await db.nodeStateChange.count({ where: { nodeId, to: "unhealthy" } })).toBe(1);
});

test("facts that went stale make the outcome unknown and freeze the finding", async () => {
  await report({ "net.a": "bad" }, 1);
  await inspect(db, [nodeId], at(1), { checks });
  await inspect(db, [nodeId], at(12), { checks });
  await inspect(db, [nodeId], at(100), { checks });
  expect(await outcomes()).toMatchObject({
    problems: {},
    unknowns: { "is-bad": { since: at(100).getTime(), reason: expect.stringContaining("old") } },
  });
  expect(await findings()).toMatchObject([{ state: "open", lastSeenAt: at(12) }]);
});

test("a live session confirms facts that did not change, as long as a gateway lives", async () => {
  await db.node.update({ where: { id: nodeId }, data: { isConnected: true } });
  await inspect(db, [nodeId], at(500), { checks });
  expect(await outcomes()).toMatchObject({ unknowns: { "is-bad": {}, "*": {} } });
  expect(await stateOf()).toBe("unknown");
  const beat = { pid: 1, version: "1", startedAt: at(0), beatAt: at(500) };
  await db.processBeat.upsert({ where: { name: "gateway" }, create: { name: "gateway", ...beat }, update: beat });
  await inspect(db, [nodeId], at(510), { checks });
  expect(await outcomes()).toMatchObject({ problems: {}, unknowns: {}, checkedAt: at(510) });
  expect(await stateOf()).toBe("healthy");
  await db.processBeat.delete({ where: { name: "gateway" } });
});

test("an exception in one check is its own unknown", async () => {
  await report({ throw: "yes" }, 1);
  const calm = bad("calm", { evaluate: () => [] });
  const done = await inspect(db, [nodeId], at(1), { checks: [bad("is-bad"), calm] });
  expect(done.errors).toMatchObject([{ nodeId, checkId: "is-bad" }]);
  expect((await outcomes()).unknowns).toEqual({
    "is-bad": { since: at(1).getTime(), reason: "the check failed: boom" },
  });
});

test("a symptom stays hidden while its cause stands, and must then stand by itself", async () => {
  const cause = bad("cause", { raiseAfterMs: 0, clearAfterMs: 0, evaluate: ({ facts }) => bySubject(facts, "cause") });
  const symptom = bad("symptom", { dependsOn: ["cause"], evaluate: ({ facts }) => bySubject(facts, "symptom") });
  const both = [cause, symptom];
  await report({ cause: "bad", symptom: "bad" }, 1);
  await inspect(db, [nodeId], at(1), { checks: both });
  await inspect(db, [nodeId], at(40), { checks: both });
  expect(await findings()).toMatchObject([
    { subject: "cause", state: "open" },
    { subject: "symptom", state: "pending" },
  ]);
  await report({ cause: "good", symptom: "bad" }, 41);
  await inspect(db, [nodeId], at(41), { checks: both });
  expect(await findings()).toMatchObject([{ state: "closed" }, { state: "pending" }]);
  await inspect(db, [nodeId], at(51), { checks: both });
  expect(await findings()).toMatchObject([{ state: "closed" }, { subject: "symptom", state: "open" }]);
});

function bySubject(facts: unknown, subject: string) {
  const value = (facts as { sysctls: Record<string, string> }).sysctls[subject];
  return value === "bad" ? [{ subject, reason: "Bad", message: text("bad"), evidence: [], params: {} }] : [];
}

test("a check that left the catalogue closes its findings and its outcome goes", async () => {
  await report({ "net.a": "bad" }, 1);
  await inspect(db, [nodeId], at(1), { checks });
  await inspect(db, [nodeId], at(12), { checks });
  await inspect(db, [nodeId], at(13), { checks: [] });
  expect(await findings()).toMatchObject([{ state: "closed", closeReason: "check-removed" }]);
  expect(await outcomes()).toMatchObject({ problems: {}, unknowns: { "*": {} } });
});

test("a second look at the same instant writes nothing", async () => {
  await report({ "net.a": "bad" }, 1);
  await inspect(db, [nodeId], at(1), { checks });
  await inspect(db, [nodeId], at(12), { checks });
  const rows = () =>
    database.pool
      .query(
        "SELECT 'f', id::text, xmin FROM finding WHERE node_id = $1 UNION ALL SELECT 'i', digest, xmin FROM node_inspection WHERE node_id = $1 UNION ALL SELECT 'n', name, xmin FROM node WHERE id = $1",
        [nodeId],
      )
      .then((r) => r.rows);
  const before = await rows();
  const done = await inspect(db, [nodeId], at(12), { checks });
  expect(done).toMatchObject({ opened: 0, closed: 0 });
  // Row locks (FOR UPDATE) touch xmax only: an unchanged xmin is an unwritten row.
  expect(await rows()).toEqual(before);
});

test("hints name findings that people see, not debounces", async () => {
  const client = await database.pool.connect();
  const heard: string[] = [];
  client.on("notification", ({ payload }) => heard.push(payload ?? ""));
  await client.query("LISTEN nodeops_changed");
  await report({ "net.a": "bad" }, 1);
  await inspect(db, [nodeId], at(1), { checks });
  await client.query("SELECT 1");
  expect(heard.filter((hint) => hint.includes("findings"))).toEqual([]);
  await inspect(db, [nodeId], at(12), { checks });
  await client.query("SELECT 1");
  const [finding] = await findings();
  expect(heard.filter((hint) => hint.includes("findings"))).toEqual([
    JSON.stringify({ domain: "findings", ids: [finding?.id] }),
  ]);
  client.release(true);
});

test("the sweep finds nodes that time alone changes, when it changes them", async () => {
  await db.node.update({ where: { id: nodeId }, data: { isConnected: true } });
  await gateway(0);
  await report({ "net.a": "bad" }, 1);
  expect(await dueNodes(db, at(1))).toContain(nodeId);
  await inspect(db, [nodeId], at(1), { checks });
  expect(await dueNodes(db, at(10))).not.toContain(nodeId);
  expect(await dueNodes(db, at(11))).toContain(nodeId); // the debounce ends
  await report({ "net.a": "good" }, 3);
  await inspect(db, [nodeId], at(3), { checks });
  await gateway(300);
  expect(await dueNodes(db, at(60))).not.toContain(nodeId);
  expect(await dueNodes(db, at(310))).toContain(nodeId); // the patrol
  await db.node.update({ where: { id: nodeId }, data: { isConnected: false, disconnectedAt: at(20) } });
  expect(await dueNodes(db, at(21))).toContain(nodeId); // its session was lost
  await inspect(db, [nodeId], at(21), { checks });
  expect(await dueNodes(db, at(79))).not.toContain(nodeId);
  expect(await dueNodes(db, at(82))).toContain(nodeId); // its facts go stale
  await db.processBeat.deleteMany();
  expect(await dueNodes(db, at(52))).toContain(nodeId); // no gateway: nothing confirms anything
});

async function gateway(seconds: number) {
  const beat = { pid: 1, version: "1", startedAt: at(0), beatAt: at(seconds) };
  await db.processBeat.upsert({ where: { name: "gateway" }, create: { name: "gateway", ...beat }, update: beat });
}

test("where nothing can have changed nothing is evaluated, and the visit is noted", async () => {
  let asked = 0;
  const counting = bad("counting", {
    evaluate: () => {
      asked += 1;
      return [];
    },
  });
  await db.node.update({ where: { id: nodeId }, data: { isConnected: true } });
  await gateway(400);
  expect(await inspect(db, [nodeId], at(400), { checks: [counting] })).toMatchObject({ nodes: 1, looked: 1 });
  const before = asked;
  expect(await inspect(db, [nodeId], at(410), { checks: [counting] })).toMatchObject({ nodes: 1, looked: 0 });
  expect(asked).toBe(before);
  expect(await outcomes()).toMatchObject({ checkedAt: at(410) });
  await inspect(db, [nodeId], at(411), { checks: [counting], isForced: true });
  expect(asked).toBeGreaterThan(before);
  for (const change of [
    () => report({ "net.a": "new" }, 412),
    () => db.node.update({ where: { id: nodeId }, data: { isConnected: false, disconnectedAt: at(412) } }),
  ]) {
    await change();
    expect(await inspect(db, [nodeId], at(412), { checks: [counting] })).toMatchObject({ looked: 1 });
  }
  const other = bad("counting", { thresholds: { limit: 2 }, evaluate: () => [] });
  expect(await inspect(db, [nodeId], at(413), { checks: [other] })).toMatchObject({ looked: 1 });
  await db.processBeat.deleteMany();
});

test("a check that looks at the clock is asked about the future", async () => {
  // Bad from the instant on that the fact names, to the second.
  const aging = bad("aging", {
    raiseAfterMs: 0,
    evaluate: ({ facts, now }) =>
      now >= Number((facts as { sysctls: Record<string, string> }).sysctls.until)
        ? [{ subject: "x", reason: "Old", message: text("old"), evidence: [], params: {} }]
        : [],
  });
  await db.node.update({ where: { id: nodeId }, data: { isConnected: true } });
  await report({ until: String(at(37).getTime()) }, 1);
  await gateway(40);
  await inspect(db, [nodeId], at(1), { checks: [aging] });
  const { dueAt } = await outcomes();
  expect(dueAt.getTime()).toBeGreaterThanOrEqual(at(37).getTime());
  expect(dueAt.getTime()).toBeLessThanOrEqual(at(38).getTime());
  expect(await inspect(db, [nodeId], dueAt, { checks: [aging] })).toMatchObject({ looked: 1, opened: 1 });
  await db.processBeat.deleteMany();
});

test("an open symptom is hidden when its cause comes to light, and comes back by itself", async () => {
  const cause = bad("cause", { raiseAfterMs: 0, clearAfterMs: 0, evaluate: ({ facts }) => bySubject(facts, "cause") });
  const symptom = bad("symptom", { dependsOn: ["cause"], evaluate: ({ facts }) => bySubject(facts, "symptom") });
  const both = { checks: [cause, symptom] };
  const states = async () => (await findings()).map(({ subject, state }) => `${subject} ${state}`).sort();
  await report({ symptom: "bad" }, 1);
  await inspect(db, [nodeId], at(1), both);
  await inspect(db, [nodeId], at(12), both);
  expect(await states()).toEqual(["symptom open"]);
  await report({ symptom: "bad", cause: "bad" }, 20);
  expect(await inspect(db, [nodeId], at(20), both)).toMatchObject({ opened: 1 });
  expect(await states()).toEqual(["cause open", "symptom pending"]);
  expect(await db.node.findUniqueOrThrow({ where: { id: nodeId } })).toMatchObject({ criticalCount: 1 });
  await report({ symptom: "bad" }, 30);
  await inspect(db, [nodeId], at(30), both);
  expect(await states()).toEqual(["cause closed", "symptom pending"]);
  expect(await inspect(db, [nodeId], at(40), both)).toMatchObject({ opened: 0 });
  expect(await findings()).toMatchObject([
    { subject: "symptom", state: "open", firstSeenAt: at(1), openedAt: at(12) },
    {},
  ]);
});

test("what could not be judged for a day is given up, and is new when it comes back", async () => {
  const day = 86_400;
  await report({ "net.a": "bad" }, 1);
  await inspect(db, [nodeId], at(1), { checks });
  await inspect(db, [nodeId], at(12), { checks });
  await inspect(db, [nodeId], at(100), { checks }); // facts are stale: unknown since now
  await inspect(db, [nodeId], at(99 + day), { checks });
  expect(await findings()).toMatchObject([{ state: "open" }]);
  await inspect(db, [nodeId], at(100 + day), { checks });
  expect(await findings()).toMatchObject([{ state: "closed", closeReason: "expired" }]);
  await report({ "net.a": "bad" }, 110 + day);
  await inspect(db, [nodeId], at(110 + day), { checks });
  await inspect(db, [nodeId], at(120 + day), { checks });
  expect(await findings()).toMatchObject([{}, { state: "open", flapCount: 0, firstSeenAt: at(110 + day) }]);
});

test("a look at some checks leaves the others as they are, and counts", async () => {
  const two = [bad("one"), bad("two")];
  await report({ "net.a": "bad" }, 1);
  const first = await inspect(db, [nodeId], at(1), { checks: two, only: new Set(["one"]) });
  expect([...first.byCheck]).toEqual([["one", { opened: 0, cleared: 0, problems: 1, unknown: 0 }]]);
  await inspect(db, [nodeId], at(2), { checks: two });
  await inspect(db, [nodeId], at(13), { checks: two });
  await report({ "net.a": "good" }, 14);
  await inspect(db, [nodeId], at(14), { checks: two, only: new Set(["one"]) });
  const done = await inspect(db, [nodeId], at(20), { checks: two, only: new Set(["one"]) });
  expect([...done.byCheck]).toEqual([["one", { opened: 0, cleared: 1, problems: 0, unknown: 0 }]]);
  expect((await outcomes()).problems).toEqual({ two: at(2).getTime() });
  expect((await findings()).map(({ checkId, state }) => `${checkId} ${state}`).sort()).toEqual([
    "one closed",
    "two open",
  ]);
  expect(await dueNodes(db, at(20))).toContain(nodeId); // the others are still to be asked
});

test("what no database can store stands as it can, and one node that cannot be looked at holds up no other", async () => {
  const other = await addNode(db, { name: `other-${nodes}` });
  const problem = (subject: string) => ({ subject, reason: "R", message: text(subject), evidence: [], params: {} });
  const dirty = [bad("is-bad", { evaluate: () => [problem("\0 and \ud800")] })];
  for (const id of [nodeId, other]) await report({ "net.a": "good" }, 0, id);
  for (const seconds of [0, 10]) await inspect(db, [nodeId, other], at(seconds), { checks: dirty, isForced: true });
  expect(await findings()).toMatchObject([{ state: "open", subject: "\ufffd and \ufffd" }]);

  const poison = bad("is-bad", {
    evaluate: ({ facts }) => {
      const isPoison = "net.poison" in (facts as { sysctls: Record<string, string> }).sysctls;
      return isPoison
        ? [{ subject: "s", reason: "R", message: text("m"), evidence: [], params: { cannot: "be", stored: 1n } }]
        : [];
    },
  });
  await report({ "net.poison": "" }, 20);
  await report({ "net.a": "good" }, 20, other);
  const looked = await inspect(db, [nodeId, other], at(20), { checks: [poison], isForced: true });
  expect(looked.errors).toMatchObject([{ nodeId, checkId: "*" }]);
  expect(looked.looked).toBe(1);
  expect(await findings(other)).toMatchObject([{ state: "recovering" }]);
  expect((await outcomes()).unknowns).toHaveProperty("*");
  expect(await dueNodes(db, at(30))).not.toContain(nodeId);
});

test("advice that stands needs no look of its own, and is seen all the same", async () => {
  const advice = [bad("is-bad", { severity: "info", raiseAfterMs: 0 })];
  await db.node.update({ where: { id: nodeId }, data: { isConnected: true } });
  await report({ "net.a": "bad" }, 1);
  await gateway(400);
  expect(await inspect(db, [nodeId], at(400), { checks: advice })).toMatchObject({ looked: 1, opened: 1 });
  await gateway(480);
  expect(await inspect(db, [nodeId], at(480), { checks: advice })).toMatchObject({ looked: 0 });
  expect(await findings()).toMatchObject([{ state: "open", lastSeenAt: at(480) }]);
  await db.processBeat.deleteMany();
});
