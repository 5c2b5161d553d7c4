// Leases between people and work: a cordon that ends while work begins under it, and what a rollout leaves behind when it is over.
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { closeQueues } from "../core/queue.ts";
import { giveEvents } from "../rollouts/advance.ts";
import { Fleet } from "../rollouts/fleet.fixture.ts";
import { abortRollout } from "../rollouts/orders.ts";
import { Steer } from "../rollouts/steer.fixture.ts";
import { cordonNode, releaseLease } from "./leases.ts";
import { sweepLeases } from "./sweep.ts";

let database: TestDatabase;
let fleet: Fleet;
let steer: Steer;

beforeAll(async () => {
  database = await testDatabase();
  process.env.DATABASE_URL = database.url;
  fleet = await Fleet.open(database);
  await fleet.engine.person("olga", "operator");
  steer = new Steer(fleet);
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  fleet.engine.close();
  await database.drop();
});
beforeEach(() => steer.freshPool());

/** Until somebody waits for a pool, or `work` is over. */
async function blocked(work: Promise<unknown>): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  for (let waits = 0; waits === 0 && !isOver; ) {
    const rows = await database.pool.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
    waits = rows.rowCount ?? 0;
  }
}

for (const [how, end] of [
  ["is ended by its owner", (id: string) => releaseLease.call(steer.as("olga"), { id })],
  ["runs out", () => sweepLeases(database.as("workers"), fleet.engine.clock)],
] as const)
  test(`a cordon that ${how} in the very moment in which its owner's rollout begins there: the node is never free`, {
    timeout: 60_000,
  }, async () => {
    const [node = ""] = await fleet.addDead(1, { pool: steer.pool });
    await fleet.addNodes(3, { pool: steer.pool });
    const { leaseId } = await cordonNode.call(steer.as("olga"), { node, forMs: 60_000, reason: "disk" });
    const id = await steer.begin(steer.startRuntime());
    fleet.engine.pass(61);
    const at = fleet.engine.clock;
    let ended: Promise<unknown> = Promise.resolve();
    await database.as("workers").$transaction(async (tx) => {
      await giveEvents(tx, id, [{ event: { type: "tick", at: at.getTime() }, actor: "system:workers" }], at);
      ended = end(leaseId ?? "");
      await blocked(ended);
    });
    await ended;
    expect(await steer.counts(id)).toEqual({ applying: 1 });
    const held = await fleet.db.lease.findUnique({ where: { activeKey: node } });
    expect(held).toMatchObject({ kind: "action", owner: `rollout:${id}`, expiresAt: null });
  });

test("leases that a rollout left behind go back when its last run is over, and no others", {
  timeout: 60_000,
}, async () => {
  const [node = "", other = "", third = ""] = await fleet.addDead(3, { pool: steer.pool });
  fleet.answers = () => "silent";
  const id = await steer.begin(steer.startRuntime({ where: { nodes: [node] } }));
  await fleet.advance(id);
  const at = fleet.engine.clock;
  for (const [nodeId, owner] of [
    [other, `rollout:${uuidv7()}`], // nobody knows it
    [third, "rollout:by-hand"],
  ] as const)
    await fleet.db.lease.create({
      data: { nodeId, pool: steer.pool, kind: "action", owner, ownerName: "x", takenAt: at, activeKey: nodeId },
    });
  await abortRollout.call(steer.as("olga"), { id, reason: "enough" });
  const workers = database.as("workers");
  const active = () =>
    fleet.db.lease.findMany({ where: { pool: steer.pool, activeKey: { not: null } }, select: { nodeId: true } });
  expect(await sweepLeases(workers, at)).toMatchObject({ ended: 0 });
  expect(await active()).toHaveLength(3); // its run is under way still
  // It was lost between the run's end and the lease's.
  await fleet.db.repair.updateMany({
    where: { rolloutId: id },
    data: { activeKey: null, endedAt: at, state: "failed" },
  });
  expect(await sweepLeases(workers, at)).toMatchObject({ ended: 1 });
  expect((await active()).map(({ nodeId }) => nodeId).sort()).toEqual([other, third].sort());
});
