// A large wave goes out in parts, each a short transaction: a pause in the middle stops what is left, and it goes on from there, each node once.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { type Context, systemActor } from "../core/context.ts";
import { advanceRollout, giveEvents } from "./advance.ts";
import { pauseRollout, resumeRollout } from "./orders.ts";
import { planRollout } from "./plan.ts";
import { SEND_MAX } from "./send.ts";
import { startRollout } from "./start.ts";

/** Four parts. The wave says that it is ten times as large, so that nothing but the part bounds it. */
const NODES = 3 * SEND_MAX + 100;
let database: TestDatabase;
const now = () => new Date();

beforeAll(async () => {
  database = await testDatabase();
  await database.pool.query(
    `INSERT INTO node (id, name, pool, labels, state, state_since, is_connected, enrolled_at, machine_id, certificate_serial, certificate_expires_at)
     SELECT gen_random_uuid(), 'n' || i, 'big', '{}', 'healthy', now(), true, now(), i::text, '01', now() + interval '1 day' FROM generate_series(1, ${NODES}) i`,
  );
  const policy = { maxUnavailable: { ratio: 1 }, maxUnhealthyRatio: 1, maxDomains: 99, minAvailable: 0 };
  await database.prisma.budget.create({ data: { pool: "big", policy, setBy: "x", setByName: "x", setAt: now() } });
}, 120_000);
afterAll(() => database.drop());

async function begun(web: Context): Promise<string> {
  const change = { kind: "sysctl", params: { key: "vm.max_map_count", value: "262144" } };
  const policy = { first: 100, domain: "none" as const, rehearse: false, maxErrors: NODES, maxInFlight: NODES };
  const { id, targetHash } = await planRollout.call(web, { change, where: { selector: "pool=big" }, policy });
  const event = { type: "approved", at: Date.now(), targetHash, by: ["user:x"] } as const;
  await database.prisma.$transaction((tx) => giveEvents(tx, id, [{ event, actor: "user:x" }], now()));
  await startRollout.call(web, { id, targetHash });
  await database.pool.query(
    "UPDATE rollout_target SET wave = 0, turn = turn + wave * 1000000 WHERE rollout_id = $1 AND wave > 0",
    [id],
  );
  await database.pool.query(
    `UPDATE rollout SET state = jsonb_set(state, '{waves}', jsonb_build_array(
       jsonb_set(jsonb_set(state #> '{waves,0}', '{size}', to_jsonb($2::int * 10)), '{counts,pending}', to_jsonb($2::int)))) WHERE id = $1`,
    [id, NODES],
  );
  return id;
}

/** Until somebody else holds the rollout's row. */
async function untilHeld(id: string): Promise<void> {
  for (;;) {
    const { rowCount } = await database.pool.query("SELECT FROM rollout WHERE id = $1 FOR UPDATE SKIP LOCKED", [id]);
    if (rowCount === 0) return;
    await sleep(2);
  }
}

test("a pause in the middle of a large wave", { timeout: 300_000 }, async () => {
  const web: Context = { db: database.as("web"), actor: systemActor("test"), now, requestId: "test" };
  const workers = database.as("workers");
  const id = await begun(web);
  const runs = () => database.prisma.repair.count({ where: { rolloutId: id, activeKey: { not: null } } });
  const leases = () => database.prisma.lease.count({ where: { kind: "action", activeKey: { not: null } } });

  const sending = advanceRollout(workers, id, now);
  await untilHeld(id);
  expect((await pauseRollout.call(web, { id, reason: "too fast" })).phase).toBe("paused");
  expect(await sending).toBe("paused");
  const sent = await runs();
  expect([SEND_MAX, 2 * SEND_MAX]).toContain(sent);
  expect(await leases()).toBe(sent);
  expect(await database.prisma.rolloutTarget.count({ where: { rolloutId: id, state: "pending" } })).toBe(NODES - sent);
  // What was sent and has not reached a node is called back.
  expect(await database.prisma.repair.count({ where: { rolloutId: id, isCancelRequested: true } })).toBe(sent);

  expect(await advanceRollout(workers, id, now)).toBe("paused");
  expect(await runs()).toBe(sent);

  await resumeRollout.call(web, { id, reason: "it was not" });
  expect(await advanceRollout(workers, id, now)).toBe("running");
  expect(await runs()).toBe(NODES - 1); // the last one of a pool stays
  expect(await leases()).toBe(NODES - 1);
  expect(await database.prisma.repair.count({ where: { rolloutId: id } })).toBe(NODES - 1);
});
