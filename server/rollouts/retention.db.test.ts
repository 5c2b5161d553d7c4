// What is kept of a rollout that is over, and for how long: its log for good, what the judge looked at for a season, counters for a day.
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { closeQueues } from "../core/queue.ts";
import { pruneHistoryRows } from "../housekeeping/prune.ts";
import { Fleet } from "./fleet.fixture.ts";
import { abortRollout } from "./orders.ts";
import { Steer } from "./steer.fixture.ts";

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

test("looks for 90 days, counters for a day after the end, leases that were given back for 90 days", async () => {
  await steer.freshPool();
  const nodes = await fleet.addNodes(4, { pool: steer.pool });
  const start = fleet.engine.clock;
  const over = await steer.begin(steer.setLabel());
  const running = await steer.begin(steer.setLabel());
  await abortRollout.call(steer.as("olga"), { id: over, reason: "enough" });
  for (const [i, rolloutId] of [over, running].entries()) {
    const nodeId = nodes[i] ?? "";
    await fleet.db.rolloutReading.create({
      data: { rolloutId, nodeId, arm: "canary", at: start, values: {}, baseline: {} },
    });
    await fleet.db.rolloutLook.create({
      data: { rolloutId, wave: 0, at: start, verdict: "pass", reason: {}, signals: [] },
    });
    const lease = {
      nodeId,
      pool: steer.pool,
      kind: "soak",
      owner: `rollout:${rolloutId}`,
      ownerName: "x",
      takenAt: start,
    };
    await fleet.db.lease.create({ data: { ...lease, ...(i === 0 ? { releasedAt: start } : { activeKey: nodeId }) } });
    const request = { id: uuidv7(), nodeId, owner: "user:x", ownerName: "x", forMs: 1n, askedAt: start };
    await fleet.db.leaseRequest.create({ data: { ...request, endedAt: i === 0 ? start : null } });
  }
  const left = async () => ({
    readings: await fleet.db.rolloutReading.count(),
    looks: await fleet.db.rolloutLook.count(),
    leases: await fleet.db.lease.count({ where: { pool: steer.pool } }),
    requests: await fleet.db.leaseRequest.count(),
  });
  const after = async (days: number) => {
    await pruneHistoryRows(database.as("workers"), new Date(start.getTime() + days * 86_400_000 + 60_000));
    return left();
  };
  const logged = await fleet.db.rolloutEvent.count();
  expect(await after(0.9)).toEqual({ readings: 2, looks: 2, leases: 2, requests: 2 });
  expect(await after(1)).toEqual({ readings: 1, looks: 2, leases: 2, requests: 2 });
  expect(await after(89)).toEqual({ readings: 1, looks: 2, leases: 2, requests: 2 });
  expect(await after(90)).toEqual({ readings: 1, looks: 0, leases: 1, requests: 1 });
  expect(await fleet.db.rolloutEvent.count()).toBe(logged);
});
