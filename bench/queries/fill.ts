// A filled database for questions: nodes with what their pages read, findings, and a day of changes; the database makes the rows itself.
import type { Database } from "../../server/core/db.ts";
import { healthyData } from "../../testing/facts.ts";

/** Kinds of facts that a node's page reads; of the others no question measured here reads a row. */
const KINDS = ["identity", "modules", "runtimes", "filesystems", "resources", "pressure", "runtimeMetrics"] as const;
/** One node in so many has a finding. */
const SICK_EVERY = 100;
/** One node in so many changed its state within the day, there and back. */
const CHANGED_EVERY = 20;

/** All of them well known since a month and connected, one in a hundred with a finding, as `bench fleet` names them. */
export async function fillFleet({ pool }: Database, nodes: number): Promise<void> {
  await pool.query(
    "INSERT INTO process_beat (name, pid, version, started_at, beat_at) VALUES ('gateway', 1, 'bench', now(), 'infinity')",
  );
  await pool.query(
    `INSERT INTO node (id, name, pool, zone, rack, labels, state, state_since, is_connected, last_seen_at, enrolled_at, machine_id, certificate_serial,
       certificate_expires_at, hostname, kernel, os, arch, cpu_count, memory_bytes, addresses, agent_version, runtimes, container_count, critical_count)
     SELECT gen_random_uuid(), 'sim-' || i, 'pool-' || i % 20, 'zone-' || i % 10, 'rack-' || i % 500, jsonb_build_object('team', 'team-' || i % 40, 'tier', 'web'),
       CASE WHEN i % $2 = 0 THEN 'unhealthy' ELSE 'healthy' END, now(), true, now(), now() - interval '30 days', md5(i::text), '01',
       now() + interval '30 days', 'sim-' || i || '.fleet.internal', '5.10.' || i % 7 || '-generic', 'Debian GNU/Linux 12', 'x64', 32, 137438953472,
       ARRAY[host('10.0.0.0'::inet + i), host('fd00::'::inet + i)], '1.0.0', 'containerd 1.7.' || i % 4, 30, (i % $2 = 0)::int
     FROM generate_series(0, $1::int - 1) i`,
    [nodes, SICK_EVERY],
  );
  await addFacts(pool);
  await pool.query(
    `INSERT INTO node_inspection (node_id, checked_at, due_at) SELECT id, now(), now() + interval '5 minutes' FROM node`,
  );
  await addFindings(pool);
  await pool.query(
    `INSERT INTO node_state_change (id, node_id, "from", "to", reason, at)
     SELECT gen_random_uuid(), n.id, side."from", side."to", 'bench', now() - random() * interval '12 hours' - side.ago
     FROM (SELECT id FROM node WHERE substr(name, 5)::int % $1 = 1) n
     CROSS JOIN (VALUES ('healthy', 'unhealthy', interval '12 hours'), ('unhealthy', 'healthy', interval '0')) AS side("from", "to", ago)`,
    [CHANGED_EVERY],
  );
  await pool.query("VACUUM (ANALYZE) node, node_fact, node_inspection, finding, node_state_change");
}

async function addFacts(pool: Database["pool"]): Promise<void> {
  const data = healthyData();
  await pool.query("CREATE UNLOGGED TABLE bench_fact (kind text, data jsonb)");
  await pool.query("INSERT INTO bench_fact SELECT kind, data FROM jsonb_to_recordset($1) AS r(kind text, data jsonb)", [
    JSON.stringify(KINDS.map((kind) => ({ kind, data: data[kind] }))),
  ]);
  await pool.query(
    `INSERT INTO node_fact (node_id, kind, hash, data, error, at, received_at)
     SELECT n.id, f.kind, md5(n.id::text || f.kind), f.data, NULL, now(), now() FROM node n CROSS JOIN bench_fact f`,
  );
}

/** Open ones over the day, as many closed ones before it. */
async function addFindings(pool: Database["pool"]): Promise<void> {
  await pool.query(
    `INSERT INTO finding (id, node_id, check_id, subject, state, severity, reason, message, evidence, params, live_key, first_seen_at, opened_at, last_seen_at,
       closed_at, close_reason)
     SELECT gen_random_uuid(), n.id, c.id, 'containerd', life.state, c.severity, 'bench', '{"en": "made by the bench", "zh": "由基准测试生成"}', '[]', '{}',
       CASE WHEN life.state = 'open' THEN n.id || '/' || c.id || '/containerd' END, now() - life.ago - random() * interval '1 day',
       now() - life.ago - random() * interval '1 day', now() - life.ago, CASE WHEN life.state = 'closed' THEN now() - life.ago END,
       CASE WHEN life.state = 'closed' THEN 'cleared' END
     FROM (SELECT id, substr(name, 5)::int / $1 AS turn FROM node WHERE state = 'unhealthy') n
     JOIN (VALUES (0, 'runtime-down', 'critical'), (1, 'conntrack-almost-full', 'warning'), (2, 'disk-almost-full', 'warning')) AS c(turn, id, severity)
       ON c.turn = n.turn % 3
     CROSS JOIN (VALUES ('open', interval '0'), ('closed', interval '2 days')) AS life(state, ago)`,
    [SICK_EVERY],
  );
}
