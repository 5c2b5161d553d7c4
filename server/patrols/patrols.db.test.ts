// Patrols on a real PostgreSQL, each process with its own rights: schedules, turns, batches, killed and cancelled runs, reports, verdicts, and whose nodes they are.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode, contextOf, contextWith } from "../../testing/fleet.ts";
import type { Context } from "../core/context.ts";
import { advanceRun } from "./advance-run.ts";
import { getPatrol, getRun, listPatrols, listRuns } from "./list.ts";
import { noteChanges, noteStateChanges } from "./on-change.ts";
import { cancelRun, preChange, runPatrolNow, verdictFor } from "./run-now.ts";
import { createPatrol, removePatrol, updatePatrol } from "./save.ts";
import { previewCount } from "./select.ts";
import { dueRuns, startDue } from "./sweep.ts";

let database: TestDatabase;
let operator: Context;
const start = new Date("2026-03-01T12:00:00Z");
let clock = start;
const now = () => clock;
const tick = (seconds: number) => {
  clock = new Date(clock.getTime() + seconds * 1_000);
};
const workers = () => database.as("workers");
const by = { ref: "user:tester", name: "Tester" };

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
  for (const table of ["patrolRun", "patrol", "finding", "node"] as const) {
    const rows = database.prisma[table] as { deleteMany: (all: object) => Promise<unknown> };
    await rows.deleteMany({});
  }
});

/** A node that reported at the start; `sick`: its runtime is down since long ago. */
async function node(name: string, { pool = "own", isSick = false, isConnected = true } = {}): Promise<string> {
  const id = await addNode(database.prisma, { name, pool });
  await database.prisma.node.update({ where: { id }, data: { isConnected, lastSeenAt: clock } });
  await database.prisma.processBeat.upsert({
    where: { name: "gateway" },
    create: {
      name: "gateway",
      pid: 1,
      version: "0",
      detail: {},
      startedAt: start,
      beatAt: new Date("2026-03-02T12:00:00Z"),
    },
    update: {},
  });
  const timeSync = { source: null, synchronized: true, offsetMs: 0, gatewayOffsetMs: isSick ? 99_900 : 0 };
  await database.prisma.nodeFact.create({
    data: { nodeId: id, kind: "timeSync", hash: `h-${isSick}`, data: timeSync, at: clock, receivedAt: clock },
    select: { nodeId: true },
  });
  return id;
}

const CHECKS = ["clock-off"];
const patrol = (over: Record<string, unknown> = {}) => ({
  name: "edge",
  selector: "*",
  checkIds: CHECKS,
  trigger: { type: "interval" as const, everyMs: 300_000 },
  ...over,
});

/** What the workers do until nothing is due. */
async function work(): Promise<void> {
  await startDue(workers(), now());
  for (let i = 0; i < 100; i += 1) {
    const due = await dueRuns(workers(), now());
    if (due.length === 0) return;
    for (const id of due) await advanceRun(workers(), id, now);
  }
}
const runs = () => database.prisma.patrolRun.findMany({ orderBy: [{ startedAt: "asc" }, { id: "asc" }] });

test("a patrol runs when it is due, once for many missed times, and compares itself with the run before", async () => {
  for (let i = 0; i < 3; i += 1) await node(`n-${i}`);
  const sick = await node("sick", { isSick: true });
  await node("silent", { isConnected: false });
  const { id } = await createPatrol.call(operator, patrol());
  await work();
  expect(await runs()).toEqual([]);
  tick(301);
  await work();
  // The debounce of the check: problems of the first look open by the second one.
  tick(3 * 3_600);
  await database.prisma.node.updateMany({ data: { lastSeenAt: clock } });
  await work();
  expect((await runs()).map(({ state }) => state)).toEqual(["done", "done"]);
  const list = await listPatrols.call(operator, undefined);
  expect(list).toMatchObject([{ id, lastRun: { state: "done", asked: 5, done: 5 } }]);
  expect(list[0]?.nextAt).toEqual(new Date("2026-03-01T15:10:00Z"));
  const detail = await getRun.call(operator, { id: list[0]?.lastRun?.id ?? "" });
  expect(detail.report).toMatchObject({
    coverage: { asked: 5, looked: 5, notReporting: 1, gone: 0 },
    opened: 1,
    stillOpen: 0,
    problems: { "clock-off": 1 },
    problemNodes: 1,
    openedSample: [{ nodeId: sick, nodeName: "sick", checkId: "clock-off" }],
  });
  expect(detail.previous?.report.opened).toBe(0);
  tick(600);
  await work();
  const third = (await listRuns.call(operator, { patrolId: id })).rows[0];
  expect(third?.report).toMatchObject({ opened: 0, stillOpen: 1, problemNodes: 1 });
});

test("a run that overlaps its predecessor is skipped and says so", async () => {
  for (let i = 0; i < 2; i += 1) await node(`n-${i}`);
  await createPatrol.call(operator, patrol({ jitterMs: 3_600_000 }));
  tick(301);
  await startDue(workers(), now());
  tick(301);
  await startDue(workers(), now());
  const [first, second] = await runs();
  expect([first?.state, second?.state]).toEqual(["running", "skipped"]);
  expect(second?.report).toMatchObject({ note: `its run of ${first?.startedAt.toISOString()} had not ended` });
});

test("two sweeps at once start one run", async () => {
  await node("n");
  await createPatrol.call(operator, patrol());
  tick(301);
  const started = await Promise.all([startDue(workers(), now()), startDue(workers(), now())]);
  expect(started.map((one) => one.started).sort()).toEqual([0, 1]);
  expect(await runs()).toHaveLength(1);
});

test("nodes have their turns over the window, and none is left out or looked at twice", async () => {
  for (let i = 0; i < 40; i += 1) await node(`n-${i}`);
  await createPatrol.call(operator, patrol({ jitterMs: 100_000 }));
  tick(301);
  await work();
  const done: number[] = [];
  for (let i = 0; i < 60 && (await runs())[0]?.state === "running"; i += 1) {
    done.push((await runs())[0]?.done ?? 0);
    tick(5);
    await work();
  }
  const [run] = await runs();
  expect(run).toMatchObject({ state: "done", done: 40, report: { coverage: { asked: 40, looked: 40 } } });
  expect(done.length).toBeGreaterThan(10);
  expect(done.filter((count) => count > 10 && count < 30).length).toBeGreaterThan(2);
  expect(await database.prisma.nodeInspection.count()).toBe(40);
});

test("a worker that dies in a batch costs a repeated batch and no count", async () => {
  for (let i = 0; i < 4; i += 1) await node(`n-${i}`, { isSick: i === 0 });
  const { id } = await runPatrolNow.call(operator, { selector: "*", checkIds: CHECKS });
  tick(10);
  // Claimed by somebody who never came back.
  await database.prisma.patrolRun.update({ where: { id }, data: { dueAt: new Date(clock.getTime() + 60_000) } });
  expect(await dueRuns(workers(), now())).toEqual([]);
  expect(await advanceRun(workers(), id, now)).toBe("waiting");
  tick(61);
  await database.prisma.node.updateMany({ data: { lastSeenAt: clock } });
  const states = await Promise.all([advanceRun(workers(), id, now), advanceRun(workers(), id, now)]);
  expect(states.sort()).toEqual(["done", "waiting"]);
  expect(await advanceRun(workers(), id, now)).toBe("gone");
  expect((await runs())[0]).toMatchObject({ state: "done", done: 4, report: { coverage: { asked: 4, looked: 4 } } });
});

test("what a dead worker wrote late changes nothing", async () => {
  for (let i = 0; i < 3; i += 1) await node(`n-${i}`);
  const { id } = await runPatrolNow.call(operator, { selector: "*", checkIds: CHECKS });
  tick(10);
  const slow = advanceRun(workers(), id, now);
  await database.prisma.patrolRun.update({ where: { id }, data: { dueAt: start } });
  await Promise.all([slow, advanceRun(workers(), id, now)]);
  expect((await runs())[0]?.report).toMatchObject({ coverage: { asked: 3 }, cost: { batches: 1 } });
});

test("a cancelled run ends between two batches, also one that waits for its turn", async () => {
  for (let i = 0; i < 5; i += 1) await node(`n-${i}`);
  await createPatrol.call(operator, patrol({ jitterMs: 3_600_000 }));
  tick(301);
  await work();
  const [run] = await runs();
  await cancelRun.call(operator, { id: run?.id ?? "" });
  await work();
  expect((await runs())[0]).toMatchObject({ state: "cancelled", nodeIds: [] });
  await expect(cancelRun.call(operator, { id: run?.id ?? "" })).rejects.toMatchObject({ code: "conflict" });
});

test("an empty selector is no node, and a look before a change at nothing is not passed", async () => {
  await node("n");
  expect(await previewCount.call(operator, { selector: "" })).toMatchObject({
    count: 0,
    error: { en: expect.any(String) },
  });
  expect(await previewCount.call(operator, { selector: "pool=own" })).toMatchObject({
    count: 1,
    sample: [{ name: "n" }],
  });
  const { id, nodes } = await runPatrolNow.call(operator, { selector: "", purpose: "pre-change" });
  expect(nodes).toBe(0);
  tick(5);
  await work();
  expect(await getRun.call(operator, { id })).toMatchObject({
    verdict: "inconclusive",
    report: { note: "no node is selected" },
  });
});

test("before a change: critical findings fail it, darkness makes it inconclusive, mutes do not count", async () => {
  const look = async (): Promise<string | null> => {
    const id = await preChange(workers(), { selector: "*", checkIds: CHECKS, by }, now());
    expect(await verdictFor(workers(), id)).toBeNull();
    tick(5);
    await database.prisma.node.updateMany({ where: { isConnected: true }, data: { lastSeenAt: clock } });
    await work();
    return verdictFor(workers(), id);
  };
  for (let i = 0; i < 3; i += 1) await node(`n-${i}`);
  expect(await look()).toBe("pass");
  const dark = await node("dark", { isConnected: false });
  tick(3_600);
  expect(await look()).toBe("inconclusive");
  await database.prisma.node.delete({ where: { id: dark } });
  const sick = await node("sick", { isSick: true });
  await look();
  tick(3_600);
  expect(await look()).toBe("fail");
  const { rows } = await listRuns.call(operator, { purpose: "pre-change" });
  expect(rows[0]).toMatchObject({ verdict: "fail", report: { note: expect.stringContaining("critical") } });
  expect((await getRun.call(operator, { id: rows[0]?.id ?? "" })).criticalNodes).toEqual([
    { nodeId: sick, nodeName: "sick" },
  ]);
  const mute = await database.prisma.mute.create({
    data: {
      checkId: "clock-off",
      selector: "name=sick",
      reason: "known",
      createdBy: "user:x",
      createdByName: "X",
      createdAt: clock,
      expiresAt: new Date(clock.getTime() + 86_400_000),
    },
  });
  await database.prisma.finding.updateMany({ where: { nodeId: sick }, data: { muteId: mute.id } });
  expect(await look()).toBe("pass");
});

test("a person's rights bound what a patrol and a look select, and what is seen of others'", async () => {
  const own = await node("own-1");
  await node("other-1", { pool: "other" });
  const limited = contextWith(database.as("web"), [{ role: "operator", selector: "pool=own" }], {
    now,
    name: "limited",
  });
  const { nodes } = await runPatrolNow.call(limited, { selector: "*", checkIds: CHECKS });
  expect(nodes).toBe(1);
  expect((await runs())[0]?.nodeIds).toEqual([own]);
  expect(await previewCount.call(limited, { selector: "*" })).toMatchObject({ count: 1, sample: [{ name: "own-1" }] });
  const mine = await createPatrol.call(limited, patrol({ name: "mine" }));
  expect(mine.selector).toBe("pool=own");
  await createPatrol.call(
    { ...operator, actor: { ...operator.actor, id: "another" } as Context["actor"] },
    patrol({ name: "all" }),
  );
  const scattered = contextWith(
    database.as("web"),
    [
      { role: "operator", selector: "pool=own" },
      { role: "operator", selector: "zone=z" },
    ],
    { now },
  );
  await expect(createPatrol.call(scattered, patrol({ name: "two" }))).rejects.toMatchObject({ code: "forbidden" });
  const limitedOther = contextWith(database.as("web"), [{ role: "operator", selector: "pool=other" }], { now });
  const other = { ...limitedOther, actor: { ...limitedOther.actor, id: "somebody-else" } as Context["actor"] };
  expect(await listPatrols.call(other, undefined)).toEqual([]);
  await expect(removePatrol.call(other, { id: mine.id })).rejects.toMatchObject({ code: "not_found", isForeign: true });
  expect((await listRuns.call(other, {})).rows).toEqual([]);
});

test("patrols are changed with their schedule, and what cannot run is refused with its reason", async () => {
  const { id } = await createPatrol.call(operator, patrol());
  const save = (over: Record<string, unknown>) => updatePatrol.call(operator, { id, ...patrol(over) });
  await expect(save({ trigger: { type: "cron", expression: "61 * * * *", timeZone: "UTC" } })).rejects.toMatchObject({
    code: "invalid",
  });
  await expect(
    save({ trigger: { type: "cron", expression: "0 3 * * *", timeZone: "Mars/Base" } }),
  ).rejects.toMatchObject({ code: "invalid" });
  await expect(save({ checkIds: ["no-such-check"] })).rejects.toMatchObject({ details: { field: "checkIds" } });
  await expect(save({ selector: "pool=" })).rejects.toMatchObject({ code: "invalid" });
  const cron = await save({ trigger: { type: "cron", expression: "0 3 * * *", timeZone: "Asia/Shanghai" } });
  expect(cron.nextAt).toEqual(new Date("2026-03-01T19:00:00Z"));
  expect((await save({ isEnabled: false })).nextAt).toBeNull();
  await expect(createPatrol.call(operator, patrol())).rejects.toMatchObject({ code: "conflict" });
});

test("on change: nodes whose named facts changed are gathered into one run", async () => {
  const [a, b] = [await node("a"), await node("b")];
  await createPatrol.call(operator, patrol({ trigger: { type: "change", kinds: ["timeSync"] } }));
  const c = await node("c", { pool: "other" });
  await noteChanges(workers(), [a], now());
  await noteChanges(workers(), [b, c], now());
  await noteChanges(workers(), [a, b], now()); // the same news again
  expect(await runs()).toHaveLength(1);
  await work();
  expect((await runs())[0]?.done).toBe(0);
  tick(11);
  await work();
  expect(await runs()).toMatchObject([{ state: "done", done: 3 }]);
  tick(60);
  await noteChanges(workers(), [a], now());
  expect(await runs()).toHaveLength(1);
});

const draft = (id: string, state: string) =>
  database.prisma.customCheck.create({
    data: { id, state, version: 1, createdBy: "user:x", createdByName: "X", createdAt: start, updatedAt: start },
    select: { id: true },
  });

test("a check that nobody evaluates is unknown on every node, and a look before a change by it says nothing", async () => {
  for (let i = 0; i < 2; i += 1) await node(`n-${i}`);
  await draft("a-draft", "draft");
  await draft("unreadable", "active");
  await expect(runPatrolNow.call(operator, { selector: "*", checkIds: ["a-draft"] })).rejects.toMatchObject({
    details: { field: "checkIds" },
  });
  for (const gone of ["a-draft", "unreadable", "left-the-catalogue"]) {
    const what = { selector: "*", checkIds: [...CHECKS, gone], unknownMaxRatio: 1, by };
    const id = await preChange(workers(), what, now());
    tick(5);
    await work();
    expect(await getRun.call(operator, { id })).toMatchObject({
      verdict: "inconclusive",
      report: { unknownNodes: 2, unknown: { [gone]: 2 }, note: expect.stringContaining(gone) },
    });
  }
});

const someone = (selector: string, name: string): Context => {
  const context = contextWith(database.as("web"), [{ role: "operator", selector }], { now });
  return { ...context, actor: { ...context.actor, id: name } as Context["actor"] };
};
const isForeign = { code: "not_found", isForeign: true };

test("whose a patrol is, its text says: not which nodes there are now, and not who made it", async () => {
  await node("own-1");
  const all = await createPatrol.call(operator, patrol({ name: "all" }));
  const own = someone("pool=own", "own");
  expect(await listPatrols.call(own, undefined)).toEqual([]);
  await expect(updatePatrol.call(own, { id: all.id, ...patrol() })).rejects.toMatchObject(isForeign);
  await expect(removePatrol.call(own, { id: all.id })).rejects.toMatchObject(isForeign);
  await expect(runPatrolNow.call(own, { patrolId: all.id })).rejects.toMatchObject(isForeign);
  // Once it was the maker's.
  await database.prisma.patrol.update({ where: { id: all.id }, data: { createdBy: "token:own" } });
  await expect(getPatrol.call(own, { id: all.id })).rejects.toMatchObject(isForeign);
  // Saved again it does not grow, and an empty one stays its maker's.
  const mine = await createPatrol.call(own, patrol({ name: "mine" }));
  const again = await updatePatrol.call(own, { id: mine.id, ...patrol({ name: "mine", selector: mine.selector }) });
  expect([mine.selector, again.selector]).toEqual(["pool=own", "pool=own"]);
  await createPatrol.call(own, patrol({ name: "none", selector: "" }));
  expect((await listPatrols.call(own, undefined)).map(({ name }) => name)).toEqual(["mine", "none"]);
  const { id } = await runPatrolNow.call(own, { selector: "*", checkIds: CHECKS });
  expect((await listRuns.call(own, {})).rows).toMatchObject([{ id, selector: "*" }]);
  expect((await listRuns.call(someone("pool=other", "other"), {})).total).toBe(0);
  await expect(cancelRun.call(someone("pool=other", "other"), { id })).rejects.toMatchObject(isForeign);
});

test("what a patrol selected once, and nodes that went elsewhere, are not told by its later reports", async () => {
  const [kept, moved] = [await node("own-1", { isSick: true }), await node("own-2", { isSick: true })];
  await node("other-1", { pool: "other" });
  const { id } = await createPatrol.call(operator, patrol());
  const run = async () => {
    tick(3_600);
    await database.prisma.node.updateMany({ data: { lastSeenAt: clock } });
    await work();
  };
  await run();
  await updatePatrol.call(operator, { id, ...patrol({ selector: "pool=own" }) });
  const own = someone("pool=own", "own");
  expect(await listPatrols.call(own, undefined)).toMatchObject([{ id, lastRun: null }]);
  await run();
  await database.prisma.node.update({ where: { id: moved }, data: { pool: "other" } });
  const { runs: shown } = await getPatrol.call(own, { id });
  expect(shown).toMatchObject([{ selector: "pool=own", report: { openedSample: [{ nodeId: kept }] } }]);
  const detail = await getRun.call(own, { id: shown[0]?.id ?? "" });
  expect(detail).toMatchObject({ previous: null, report: { openedSample: [{ nodeId: kept }] } });
  expect((await getPatrol.call(operator, { id })).runs).toMatchObject([{ report: { opened: 2 } }, { selector: "*" }]);
});

test("a patrol that cannot start says so in a row and holds up no other", async () => {
  await node("n");
  const poison = await createPatrol.call(operator, patrol({ name: "poison" }));
  const { id } = await createPatrol.call(operator, patrol({ name: "well", selector: "pool=own" }));
  await database.prisma.patrol.update({ where: { id: poison.id }, data: { selector: "pool=" } });
  tick(301);
  expect(await startDue(workers(), now())).toMatchObject({ started: 1, failed: 1 });
  expect(await startDue(workers(), now())).toMatchObject({ started: 0, failed: 0 });
  const [failed, begun] = [...(await runs())].sort((a) => (a.patrolId === poison.id ? -1 : 1));
  expect(failed).toMatchObject({ state: "failed", report: { note: expect.stringContaining("could not start") } });
  expect(begun).toMatchObject({ patrolId: id, state: "running" });
});

test("on change: one that fails stops no other, and there is a minute between two looks", async () => {
  const trigger = { type: "change", kinds: ["timeSync"] };
  const a = await node("a");
  const bad = await createPatrol.call(operator, patrol({ name: "a-bad-one", trigger }));
  const { id } = await createPatrol.call(operator, patrol({ name: "well", trigger, selector: "pool=own" }));
  await database.prisma.patrol.update({ where: { id: bad.id }, data: { selector: "pool=" } });
  const ofWell = async () => (await runs()).filter(({ patrolId }) => patrolId === id);
  const change = async (hash: string) => {
    await database.prisma.nodeFact.updateMany({ data: { hash, receivedAt: clock } });
    await noteChanges(workers(), [a], now());
  };
  await change("one");
  expect(await ofWell()).toHaveLength(1);
  tick(11);
  await work();
  for (const hash of ["two", "three", "four"]) {
    tick(5);
    await change(hash);
  }
  await work();
  expect((await ofWell()).map(({ state }) => state)).toEqual(["done", "running"]);
  expect((await ofWell())[1]?.dueAt).toEqual(new Date(start.getTime() + 70_000));
  expect((await runs()).filter(({ patrolId }) => patrolId === bad.id)).toMatchObject([{ state: "failed" }]);
});

test("on change: a node whose state changed is looked at, whoever noticed it", async () => {
  const a = await node("a");
  const { id } = await createPatrol.call(operator, patrol({ trigger: { type: "change", kinds: ["node-state"] } }));
  expect(await noteStateChanges(workers(), now())).toBe(0);
  tick(3);
  await database.prisma.node.update({ where: { id: a }, data: { state: "disconnected", stateSince: clock } });
  const change = { nodeId: a, from: "healthy", to: "disconnected", reason: "lost", at: clock };
  await database.prisma.nodeStateChange.create({ data: change, select: { id: true } });
  tick(3);
  expect(await noteStateChanges(workers(), now())).toBe(1);
  expect(await noteStateChanges(workers(), now())).toBe(0);
  expect(await runs()).toMatchObject([{ patrolId: id, nodeIds: [a] }]);
});

test("what was given up is not told as cleared, and a critical problem in its debounce lets no change begin", async () => {
  const [a, b] = [await node("a"), await node("b")];
  const ended = (nodeId: string, closeReason: string) => ({
    ...{ nodeId, checkId: "clock-off", subject: closeReason, reason: "x", severity: "critical", state: "closed" },
    ...{ message: {}, evidence: [], params: {}, firstSeenAt: start, openedAt: start, lastSeenAt: start },
    ...{ closedAt: new Date(start.getTime() + 1_000), closeReason },
  });
  await database.prisma.finding.createMany({
    data: [ended(a, "cleared"), ended(a, "repaired"), ended(a, "expired"), ended(b, "check-removed")],
  });
  const { surveyBatch } = await import("./batch.ts");
  const survey = () => surveyBatch(workers(), [a, b], { lastLook: () => start, checkIds: CHECKS });
  expect(await survey()).toMatchObject({ cleared: 2, expired: 1, pendingCritical: 0 });
  await database.prisma.finding.create({
    data: { ...ended(a, "new"), state: "pending", openedAt: null, closedAt: null, closeReason: null },
    select: { id: true },
  });
  expect(await survey()).toMatchObject({ pendingCritical: 1, bySeverity: { critical: 0 } });
});
