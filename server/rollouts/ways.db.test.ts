// Ways through a rollout: the way back is tried on the canary, failed nodes get another turn, two people go on early, and what is left out stays out.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { healthyData } from "../../testing/facts.ts";
import { closeQueues } from "../core/queue.ts";
import { localKey } from "../dispatch/dispatcher.fixture.ts";
import { Fleet } from "./fleet.fixture.ts";
import { promoteRollout, resumeRollout, retryRollout } from "./orders.ts";
import { planRollout } from "./plan.ts";
import { Steer } from "./steer.fixture.ts";

const anna = localKey("user:anna");
let database: TestDatabase;
let fleet: Fleet;
let steer: Steer;

beforeAll(async () => {
  database = await testDatabase();
  process.env.DATABASE_URL = database.url;
  fleet = await Fleet.open(database, anna);
  for (const id of ["olga", "omar", "anna"]) await fleet.engine.person(id, "operator");
  steer = new Steer(fleet, anna);
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  fleet.engine.close();
  await database.drop();
});
beforeEach(() => steer.freshPool());

/** Steps that nodes carried out, in their order: "wave type". */
async function carried(id: string): Promise<string[]> {
  const wave = new Map((await steer.targets(id)).map((target) => [target.nodeId, target.wave]));
  const steps = await fleet.db.command.findMany({
    where: { repair: { rolloutId: id }, role: "step", state: { in: ["done", "failed"] } },
    orderBy: [{ endedAt: "asc" }, { queuedAt: "asc" }],
    select: { nodeId: true, type: true, state: true },
  });
  return steps.map(({ nodeId, type, state }) => `${wave.get(nodeId)} ${type} ${state}`);
}
const until = async (id: string, is: (at: Awaited<ReturnType<Steer["load"]>>["state"]) => boolean, turns = 60) => {
  for (let i = 0; i < turns && !is((await steer.load(id)).state); i += 1) await fleet.turn(id, 10);
  expect((await steer.load(id)).state).toSatisfy(is);
};

test("the canary goes back and forth once before a second node is touched", { timeout: 60_000 }, async () => {
  await fleet.addNodes(4, { pool: steer.pool });
  const id = await steer.begin(steer.setSysctl({ policy: { rehearse: true, soakMs: 60_000 } }));
  await until(id, ({ wave }) => wave === 1);
  const [first, second, third, ...later] = await carried(id);
  expect([first, second, third]).toEqual(["0 sysctl.put done", "0 sysctl.restore done", "0 sysctl.put done"]);
  expect(later.every((step) => step.startsWith("1 "))).toBe(true);
  expect((await steer.targets(id))[0]).toMatchObject({ state: "applied", attempt: 3 });
});

test("a way back that fails in the rehearsal stops it: no second node is touched", { timeout: 60_000 }, async () => {
  await fleet.addNodes(4, { pool: steer.pool });
  const id = await steer.begin(steer.setSysctl({ policy: { rehearse: true, soakMs: 60_000 } }));
  let steps = 0;
  fleet.answers = () => {
    steps += 1;
    return steps === 1 ? "done" : "failed";
  };
  await until(id, ({ phase }) => phase !== "running");
  for (let i = 0; i < 5; i += 1) await fleet.turn(id, 10);
  expect((await steer.load(id)).state).toMatchObject({
    phase: "rolled-back",
    why: { en: expect.stringContaining("on 1 the way back failed") },
  });
  expect(await carried(id)).toEqual(["0 sysctl.put done", "0 sysctl.restore failed"]);
  expect(await steer.counts(id)).toEqual({ pending: 3, revertFailed: 1 });
  expect(await fleet.db.lease.count({ where: { pool: steer.pool, activeKey: { not: null } } })).toBe(0);
});

test("retry: failed nodes only, and only those that were looked at since they failed", {
  timeout: 60_000,
}, async () => {
  const nodes = await fleet.addNodes(5, { pool: steer.pool });
  const policy = { rehearse: false, soakMs: 60_000, domain: "none", onFail: "halt" } as const;
  const id = await steer.begin(steer.setSysctl({ policy }));
  const bad = (await steer.targets(id)).find(({ wave }) => wave === 1)?.nodeId ?? "";
  fleet.answers = (nodeId) => (nodeId === bad ? "failed" : "done");
  await until(id, ({ phase }) => phase === "halted");
  fleet.answers = () => "done";
  const before = await steer.counts(id);
  expect(before).toMatchObject({ failed: 1 });
  fleet.engine.pass(1);
  await retryRollout.call(steer.as("olga"), { id, reason: "again" });
  expect(await steer.counts(id)).toEqual(before); // nobody knows how it stands
  fleet.engine.pass(5);
  await fleet.report(bad, healthyData());
  fleet.engine.pass(5);
  await retryRollout.call(steer.as("olga"), { id, reason: "again" });
  expect(await steer.counts(id)).toEqual({ ...before, failed: undefined, pending: (before.pending ?? 0) + 1 });
  await resumeRollout.call(steer.as("olga"), { id, reason: "go on" });
  expect(await fleet.turnUntil(id, ["succeeded", "paused", "halted"], 100)).toBe("succeeded");
  const runs = await fleet.db.repair.groupBy({ by: ["nodeId"], where: { rolloutId: id }, _count: true });
  expect(new Map(runs.map(({ nodeId, _count }) => [nodeId, _count]))).toEqual(
    new Map(nodes.map((node) => [node, node === bad ? 2 : 1])),
  );
});

test("fast lane: before the least exposure it takes two different people to go on, after it one", {
  timeout: 60_000,
}, async () => {
  await fleet.addNodes(4, { pool: steer.pool });
  const policy = { rehearse: false, soakMs: 180_000, domain: "none" } as const;
  const input = steer.setSysctl({ lane: "fast", reason: "outage", policy });
  await expect(planRollout.call(steer.as("olga"), { ...input, reason: "" })).rejects.toMatchObject({ code: "invalid" });
  const id = await steer.begin(input);
  await until(id, ({ stage, waves }) => stage === "soak" && (waves[0]?.soakedMs ?? 0) > 0);
  for (let i = 0; i < 2; i += 1) {
    const first = await promoteRollout.call(steer.as("olga"), { id, reason: "we cannot wait" });
    expect(first.why?.en).toContain("it takes a second person");
    expect((await steer.load(id)).state.wave).toBe(0);
    fleet.engine.pass(1);
  }
  await promoteRollout.call(steer.as("omar"), { id, reason: "I agree" });
  expect((await steer.load(id)).state.wave).toBe(1);
  // Three nodes of the second wave reach the least exposure together in a third of its time: then one person is enough.
  await until(id, ({ stage, waves }) => stage === "soak" && (waves[1]?.soakedMs ?? 0) >= 70_000);
  await promoteRollout.call(steer.as("olga"), { id, reason: "long enough" });
  expect((await steer.load(id)).state.phase).toBe("succeeded");
});

test("what is left out by name, id, kernel or protection is never touched, and who falls sick before its turn is skipped", {
  timeout: 60_000,
}, async () => {
  const [a = "", b = "", c = "", d = "", e = "", f = ""] = await fleet.addNodes(6, { pool: steer.pool });
  const set = (id: string, data: object) => fleet.db.node.update({ where: { id }, data });
  await set(a, { kernel: "5.10.0" });
  await set(b, { labels: { "nodeops.io/protected": "true" } });
  const { name } = await fleet.db.node.findUniqueOrThrow({ where: { id: c } });
  const where = { selector: `pool=${steer.pool}`, kernels: ["6.1"], exclude: [name, d] };
  const id = await steer.begin(steer.setSysctl({ where, policy: { rehearse: false, soakMs: 60_000, domain: "none" } }));
  expect((await steer.targets(id)).map(({ nodeId }) => nodeId).sort()).toEqual([e, f].sort());
  await until(id, ({ waves }) => waves[0]?.counts.applied === 1);
  const last = (await steer.targets(id)).find(({ wave }) => wave === 1)?.nodeId ?? "";
  await set(last, { state: "unhealthy", criticalCount: 1 });
  await until(id, ({ phase }) => phase !== "running");
  expect(await steer.counts(id)).toEqual({ applied: 1, skipped: 1 });
  const runs = await fleet.db.repair.findMany({ where: { node: { pool: steer.pool } }, select: { nodeId: true } });
  expect(runs.map(({ nodeId }) => nodeId)).toEqual([e, f].filter((node) => node !== last));
});

test("two rollouts that wait for each other's node: the younger gives way, both come to their end", {
  timeout: 90_000,
}, async () => {
  const [n1 = "", n2 = "", n3 = ""] = await fleet.addNodes(3, { pool: steer.pool });
  const policy = { rehearse: false, soakMs: 60_000, domain: "none", first: 2 } as const;
  const set = (key: string) =>
    steer.begin(steer.setSysctl({ change: { kind: "sysctl", params: { key, value: "262144" } }, policy }));
  const [older, younger] = [await set("vm.max_map_count"), await set("net.core.somaxconn")];
  // The same two nodes in the first wave, in opposite order.
  const turns = { [older]: [n1, n2, n3], [younger]: [n2, n1, n3] };
  for (const [id, order] of Object.entries(turns))
    for (const [i, nodeId] of order.entries())
      await fleet.db.rolloutTarget.update({
        where: { rolloutId_nodeId: { rolloutId: id, nodeId } },
        data: { wave: i < 2 ? 0 : 1, turn: i % 2 },
      });
  for (let i = 0; i < 3; i += 1) for (const id of [older, younger]) await fleet.turn(id, 5);
  const stand = async (id: string) => new Map((await steer.targets(id)).map(({ nodeId, state }) => [nodeId, state]));
  expect([(await stand(older)).get(n1), (await stand(younger)).get(n2)]).toEqual(["applied", "applied"]);
  const phases = ["", ""];
  for (let i = 0; i < 60 && phases.some((phase) => phase !== "succeeded"); i += 1)
    for (const [at, id] of [older, younger].entries()) phases[at] = (await fleet.turn(id, 5)) ?? "";
  expect(phases).toEqual(["succeeded", "succeeded"]);
  expect(Object.fromEntries(await stand(older))).toEqual({ [n1]: "applied", [n2]: "applied", [n3]: "applied" });
  expect((await stand(younger)).get(n1)).toBe("skipped");
});
