// A simulated fleet in a throw-away database: nodes and facts are made by the database itself from a few hundred variants, one node in a hundred is sick.
import type pg from "pg";
import { NOW } from "../testing/facts.ts";
import { type BenchDatabase, openBenchDatabase } from "./bench-database.ts";
import { variants } from "./fleet-facts.ts";

const GOOD = 60;
/** Since when no node has said anything new, ms: a quiet fleet. */
const QUIET_MS = 3_600_000;
/** Nodes of one statement while the fleet is made. */
const STEP = 2_500;

export type SimulatedFleet = BenchDatabase & {
  nodeIds: string[];
  /** Bytes of all facts on the disk. */
  factBytes: number;
};

export async function simulateFleet(
  nodes: number,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<SimulatedFleet> {
  const bench = await openBenchDatabase();
  try {
    const { pool } = bench.database;
    await addVariants(pool);
    await addNodes(pool, nodes, say, signal);
    const ids = await pool.query<{ id: string }>("SELECT id FROM node ORDER BY id");
    const size = await pool.query<{ bytes: string }>("SELECT pg_total_relation_size('node_fact') AS bytes");
    return { ...bench, nodeIds: ids.rows.map(({ id }) => id), factBytes: Number(size.rows[0]?.bytes ?? 0) };
  } catch (err) {
    await bench.stop();
    throw err;
  }
}

async function addVariants(pool: pg.Pool): Promise<void> {
  await pool.query("CREATE UNLOGGED TABLE bench_variant (id int, sick boolean, kind text, data jsonb, error text)");
  for (const [id, { isSick, facts }] of variants(GOOD).entries())
    await pool.query(
      "INSERT INTO bench_variant SELECT $1, $2, kind, data, error FROM jsonb_to_recordset($3) AS r(kind text, data jsonb, error text)",
      [
        id,
        isSick,
        JSON.stringify(Object.entries(facts).map(([kind, fact]) => ({ kind, data: fact?.data, error: fact?.error }))),
      ],
    );
  await pool.query("CREATE INDEX ON bench_variant (id); ANALYZE bench_variant");
}

async function addNodes(pool: pg.Pool, nodes: number, say: (text: string) => void, signal: AbortSignal): Promise<void> {
  const at = new Date(NOW - QUIET_MS);
  // A gateway that is alive for as long as this takes.
  await pool.query(
    "INSERT INTO process_beat (name, pid, version, started_at, beat_at) VALUES ('gateway', 1, 'bench', $1, 'infinity')",
    [at],
  );
  await pool.query(
    `INSERT INTO node (id, name, pool, zone, rack, labels, state, state_since, is_connected, last_seen_at, enrolled_at, machine_id, certificate_serial, certificate_expires_at, kernel)
     SELECT gen_random_uuid(), 'sim-' || i, 'pool-' || i % 20, 'zone-' || i % 3, 'rack-' || i % 500, '{}', 'healthy', $1::timestamptz, true, $1, $1, i::text, '01',
       $1::timestamptz + interval '30 days', '5.10.' || i % 7 FROM generate_series(0, $2::int - 1) i`,
    [at, nodes],
  );
  for (let from = 0; from < nodes; from += STEP) {
    signal.throwIfAborted();
    if (from % (STEP * 10) === 0) say(`  ${from} of ${nodes} nodes`);
    // Which numbers move is as on a living node; the long lists are one of some hundred.
    await pool.query(
      `WITH good AS (SELECT count(DISTINCT id) AS n FROM bench_variant WHERE NOT sick), bad AS (SELECT count(DISTINCT id) AS n FROM bench_variant WHERE sick),
         chosen AS (SELECT n.id, CASE WHEN m.i % 100 = 0 THEN good.n + (m.i / 100) % bad.n ELSE m.i % good.n END AS variant
           FROM node n CROSS JOIN good CROSS JOIN bad CROSS JOIN LATERAL (SELECT n.machine_id::int AS i) m WHERE m.i >= $2 AND m.i < $3)
       INSERT INTO node_fact (node_id, kind, hash, data, error, at, received_at)
       SELECT c.id, v.kind, md5(c.id::text || v.kind), CASE v.kind
           WHEN 'resources' THEN v.data || jsonb_build_object('load1', round((random() * 8)::numeric, 2), 'load5', round((random() * 8)::numeric, 2))
           WHEN 'identity' THEN v.data || jsonb_build_object('hostname', 'sim-' || c.id, 'serial', 'SN' || c.id)
           WHEN 'agent' THEN v.data || jsonb_build_object('cpuMs', (random() * 100000)::int, 'pid', (random() * 30000)::int)
           ELSE v.data END, v.error, $1, $1
       FROM chosen c JOIN bench_variant v ON v.id = c.variant`,
      [at, from, Math.min(from + STEP, nodes)],
    );
  }
  await pool.query("VACUUM (ANALYZE) node_fact, node");
}
