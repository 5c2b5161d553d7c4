// A hundred thousand nodes are planned and a wave of fifty thousand is sent in a few statements; how long it took is printed, not asserted.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { type Context, systemActor } from "../core/context.ts";
import { advanceRollout, giveEvents } from "./advance.ts";
import { planRollout } from "./plan.ts";
import { previewRollout } from "./preview.ts";
import { startRollout } from "./start.ts";

const NODES = Number(process.env.ROLLOUT_SCALE ?? 2_000);
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  await database.pool.query(
    `INSERT INTO node (id, name, pool, zone, labels, state, state_since, is_connected, enrolled_at, machine_id, certificate_serial, certificate_expires_at, kernel, runtimes)
     SELECT gen_random_uuid(), 'n' || i, 'big', 'z' || i % 10, '{}', 'healthy', now(), true, now(), i::text, '01', now() + interval '1 day', '6.' || i % 3, 'containerd 1.' || i % 4
     FROM generate_series(1, ${NODES}) i`,
  );
  await database.prisma.budget.create({
    data: {
      pool: "big",
      policy: { maxUnavailable: { ratio: 1 }, maxUnhealthyRatio: 1, maxDomains: 99, minAvailable: 0 },
      setBy: "x",
      setByName: "x",
      setAt: new Date(),
    },
  });
}, 120_000);
afterAll(() => database.drop());

const timed = async <T>(what: string, run: () => Promise<T>): Promise<T> => {
  const at = performance.now();
  const result = await run();
  console.log(`${what}: ${Math.round(performance.now() - at)} ms (${NODES} nodes)`);
  return result;
};

test("planned and sent in a few statements", { timeout: 300_000 }, async () => {
  const input = {
    change: { kind: "sysctl", params: { key: "vm.max_map_count", value: "262144" } },
    where: { selector: "pool=big" },
    policy: { first: 100, domain: "none" as const, rehearse: false, maxErrors: 100_000, maxInFlight: 100_000 },
  };
  const { prisma } = database;
  const web: Context = { db: database.as("web"), actor: systemActor("test"), now: () => new Date(), requestId: "test" };
  await timed("preview", () => previewRollout.call(web, input));
  const { id, targetHash } = await timed("plan and store", () => planRollout.call(web, input));
  const now = new Date();
  await prisma.$transaction((tx) =>
    giveEvents(
      tx,
      id,
      [{ event: { type: "approved", at: now.getTime(), targetHash, by: ["user:x"] }, actor: "user:x" }],
      now,
    ),
  );
  // Nobody has an account here, and whoever has none may not run rollouts.
  await prisma.rollout.update({ where: { id }, data: { requestedBy: "system:test" } });
  await timed("start", () => startRollout.call(web, { id, targetHash }));
  // The whole plan as one wave: what a late, large wave is.
  await prisma.$executeRawUnsafe(
    `UPDATE rollout_target SET wave = 0, turn = turn + wave * 1000000 WHERE rollout_id = '${id}' AND wave > 0`,
  );
  await prisma.$executeRawUnsafe(
    `UPDATE rollout SET state = jsonb_set(state, '{waves}', jsonb_build_array(jsonb_set(jsonb_set(state #> '{waves,0}', '{size}', '${NODES * 10}'), '{counts,pending}', '${NODES}')))
     WHERE id = '${id}'`,
  );
  const phase = await timed("fan-out of one wave", () => advanceRollout(database.as("workers"), id, () => new Date()));
  expect(phase).toBe("running");
  const runs = await prisma.repair.count({ where: { rolloutId: id, activeKey: { not: null } } });
  expect(runs).toBe(await prisma.lease.count({ where: { kind: "action", activeKey: { not: null } } }));
  expect(runs).toBe(NODES - 1); // the last one of a pool stays
});
