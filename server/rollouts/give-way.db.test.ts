// Rollouts over the same nodes, and nodes that were tried twice: nobody waits for ever, and nothing that was done stays behind.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { healthyData } from "../../testing/facts.ts";
import { closeQueues } from "../core/queue.ts";
import { localKey } from "../dispatch/dispatcher.fixture.ts";
import { mustGiveWay, whoWaitsFor } from "./each-other.ts";
import { Fleet } from "./fleet.fixture.ts";
import { resumeRollout, retryRollout, rollBackRollout } from "./orders.ts";
import { ownerOf } from "./rows.ts";
import { Steer } from "./steer.fixture.ts";

const anna = localKey("user:anna");
let database: TestDatabase;
let fleet: Fleet;
let steer: Steer;

beforeAll(async () => {
  database = await testDatabase();
  process.env.DATABASE_URL = database.url;
  fleet = await Fleet.open(database, anna);
  for (const id of ["olga", "anna"]) await fleet.engine.person(id, "operator");
  steer = new Steer(fleet, anna);
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  fleet.engine.close();
  await database.drop();
});
beforeEach(() => steer.freshPool());

/** `id` holds one node, and its present wave waits for another one. */
async function holdAndWant(id: string, holds: string, wants: string): Promise<void> {
  const now = fleet.engine.clock;
  const { wave } = await fleet.db.rollout.findUniqueOrThrow({ where: { id } });
  await fleet.db.rolloutTarget.update({
    where: { rolloutId_nodeId: { rolloutId: id, nodeId: wants } },
    data: { wave, state: "pending" },
  });
  const lease = { pool: steer.pool, kind: "soak", owner: ownerOf(id), ownerName: "x", takenAt: now };
  await fleet.db.lease.create({ data: { ...lease, nodeId: holds, activeKey: holds } });
}

test("in a ring of three that wait for each other the youngest gives way, and nobody else", async () => {
  const [one = "", two = "", three = ""] = await fleet.addNodes(3, { pool: steer.pool });
  const ids: string[] = [];
  for (let i = 0; i < 3; i += 1) ids.push(await steer.begin(steer.setLabel()));
  const [a = "", b = "", c = ""] = ids.sort();
  await fleet.db.lease.deleteMany({ where: { pool: steer.pool } });
  await fleet.db.rolloutTarget.updateMany({ where: { rolloutId: { in: ids } }, data: { wave: 1 } });
  await holdAndWant(a, one, two);
  await holdAndWant(b, two, three);

  const waiters = (id: string) => fleet.db.$transaction((tx) => whoWaitsFor(tx, id));
  expect(await waiters(c)).toEqual(new Set());
  expect(await waiters(b)).toEqual(new Set([ownerOf(a)])); // a waits for b: no ring, a's turn comes
  await holdAndWant(c, three, one);
  const gives = async (id: string, holder: string) => mustGiveWay(id, ownerOf(holder), await waiters(id));
  expect([await gives(a, b), await gives(b, c), await gives(c, a)]).toEqual([false, false, true]);

  // And so it does: the node that it cannot have is left out, and the ring is open.
  for (let i = 0; i < 4; i += 1) await fleet.turn(c, 12);
  const target = await fleet.db.rolloutTarget.findUniqueOrThrow({
    where: { rolloutId_nodeId: { rolloutId: c, nodeId: one } },
  });
  expect(target).toMatchObject({ state: "skipped", reason: { en: expect.stringContaining("older rollout") } });
});

test.each([
  ["before a second one came to it", false],
  ["after a second one that changed nothing", true],
])("what a first attempt did is taken back: %s", async (_case, isTriedAgain) => {
  const [node = ""] = await fleet.addNodes(1, { pool: steer.pool });
  const params = { path: "/etc/crictl.yaml", content: "timeout: 5\n", restartModule: "containerd" };
  const policy = { rehearse: false, domain: "none", onFail: "halt" } as const;
  const change = { kind: "config-file", params };
  const id = await steer.begin({ change, where: { selector: `pool=${steer.pool}` }, policy });
  // The file is written; the restart fails.
  let asked = 0;
  fleet.answers = () => {
    asked += 1;
    return asked === 1 ? "done" : "failed";
  };
  expect(await fleet.turnUntil(id, ["halted", "paused"])).toBe("halted");
  fleet.engine.pass(5);
  await fleet.report(node, healthyData());
  await retryRollout.call(steer.as("olga"), { id, reason: "again" });
  const steps = () =>
    fleet.db.command.findMany({
      where: { repair: { rolloutId: id }, role: "step", state: { in: ["done", "failed"] } },
      orderBy: [{ queuedAt: "asc" }, { stepIndex: "asc" }],
    });
  if (isTriedAgain) {
    await resumeRollout.call(steer.as("olga"), { id, reason: "again" });
    expect(await fleet.turnUntil(id, ["halted", "paused"])).toBe("halted");
    for (const { id: commandId, result } of (await steps()).slice(2)) {
      const said = { ...(result as object), changed: false };
      await fleet.db.command.update({ where: { id: commandId }, data: { result: said } });
    }
  }
  expect((await steps()).slice(0, 2).map(({ type, state }) => `${type} ${state}`)).toEqual([
    "file.put done",
    "module.restart failed",
  ]);
  await rollBackRollout.call(steer.as("olga"), { id, reason: "it was wrong" });
  fleet.answers = () => "done";
  expect(await fleet.turnUntil(id, ["rolled-back", "paused"])).toBe("rolled-back");
  expect((await steps()).map(({ type }) => type)).toContain("file.restore");
});
