// Stores facts and what is projected from them, for many nodes in a few statements; part of one ingest transaction.
import type pg from "pg";
import { type FactKind, factSchemas } from "../../protocol/facts.ts";
import type { WireFact } from "../../protocol/messages.ts";
import { toInt8, toPgJson, toPgText, toPgTime } from "./pg-json.ts";
import { projectContainers, projectNode, type ReadableFacts } from "./project.ts";

/** A fact as it is stored: checked against its schema, already JSON text. */
type PreparedFact = { kind: FactKind; hash: string; at: string; json: string | null; error: string | null };
export type PreparedFacts = { nodeId: string; rows: PreparedFact[]; readable: ReadableFacts; invalid: FactKind[] };

/**
 * Checks each fact against its schema. One that does not fit is kept as "could not be understood", so that checks say unknown rather than
 * going on with an old one. Of several of one kind the last stands.
 */
export function prepareFacts(nodeId: string, items: readonly WireFact[], now: Date): PreparedFacts {
  const latest = new Map(items.map((item) => [item.kind, item]));
  const prepared: PreparedFacts = { nodeId, rows: [], readable: {}, invalid: [] };
  for (const item of latest.values()) {
    const row = { kind: item.kind, hash: toPgText(item.hash, 64), at: toPgTime(item.at, now) };
    if (item.data === null || item.data === undefined) {
      prepared.rows.push({ ...row, json: null, error: toPgText(item.error ?? "no reason given") });
      continue;
    }
    const parsed = factSchemas[item.kind].safeParse(item.data);
    if (parsed.success) {
      prepared.rows.push({ ...row, json: toPgJson(parsed.data), error: null });
      Object.assign(prepared.readable, { [item.kind]: parsed.data });
      continue;
    }
    const issue = parsed.error.issues[0];
    prepared.invalid.push(item.kind);
    prepared.rows.push({
      ...row,
      json: null,
      error: toPgText(`not understood: ${issue?.path.join(".") || item.kind}: ${issue?.message ?? "invalid"}`),
    });
  }
  return prepared;
}

/** Facts, node columns, containers. The nodes must be locked by the caller. */
export async function storeFacts(client: pg.ClientBase, all: readonly PreparedFacts[], now: Date): Promise<void> {
  const rows = all.flatMap(({ nodeId, rows: own }) => own.map((row) => ({ nodeId, ...row })));
  if (rows.length === 0) return;
  await client.query(
    `INSERT INTO node_fact AS f (node_id, kind, hash, data, error, at, received_at)
     SELECT t.node_id, t.kind, t.hash, t.data::jsonb, t.error, t.at, $7
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[]) AS t(node_id, kind, hash, data, error, at)
     ON CONFLICT (node_id, kind) DO UPDATE
     SET hash = excluded.hash, data = excluded.data, error = excluded.error, at = excluded.at, received_at = excluded.received_at`,
    [
      rows.map((r) => r.nodeId),
      rows.map((r) => r.kind),
      rows.map((r) => r.hash),
      rows.map((r) => r.json),
      rows.map((r) => r.error),
      rows.map((r) => r.at),
      now,
    ],
  );
  await projectNodes(client, all);
  await replaceContainers(client, all, now);
  await storeUsage(client, all);
}

async function projectNodes(client: pg.ClientBase, all: readonly PreparedFacts[]): Promise<void> {
  const rows = all.map(({ nodeId, readable }) => projectNode(nodeId, readable)).filter((row) => row !== null);
  if (rows.length === 0) return;
  await client.query(
    `UPDATE node n SET
       hostname = coalesce(t.hostname, n.hostname), kernel = coalesce(t.kernel, n.kernel), os = coalesce(t.os, n.os),
       arch = coalesce(t.arch, n.arch), cpu_count = coalesce(t.cpu_count, n.cpu_count), memory_bytes = coalesce(t.memory_bytes, n.memory_bytes),
       addresses = CASE WHEN t.addresses IS NULL THEN n.addresses ELSE ARRAY(SELECT jsonb_array_elements_text(t.addresses)) END,
       boot_id = coalesce(t.boot_id, n.boot_id), agent_version = coalesce(t.agent_version, n.agent_version),
       runtimes = coalesce(t.runtimes, n.runtimes), pod_count = coalesce(t.pod_count, n.pod_count),
       container_count = coalesce(t.container_count, n.container_count)
     FROM jsonb_to_recordset($1::jsonb) AS t(id uuid, hostname text, kernel text, os text, arch text, cpu_count int, memory_bytes bigint,
       addresses jsonb, boot_id text, agent_version text, runtimes text, pod_count int, container_count int)
     WHERE n.id = t.id`,
    [toPgJson(rows)],
  );
}

const CONTAINER_COLUMNS = `node_id, runtime, id, name, pod_name, pod_namespace, image, handler, state, exit_code, reason, attempt, pid,
  created_at, started_at, finished_at, cpu_limit_millis, memory_limit_bytes`;

/** Each fact is the node's whole list: containers that it no longer names go, the others are written only when something of them changed. */
async function replaceContainers(client: pg.ClientBase, all: readonly PreparedFacts[], now: Date): Promise<void> {
  const nodes = all.flatMap(({ nodeId, readable }) =>
    readable.containers ? [{ nodeId, containers: readable.containers }] : [],
  );
  if (nodes.length === 0) return;
  const rows = toPgJson(nodes.flatMap(({ nodeId, containers }) => projectContainers(nodeId, containers, now)));
  await client.query(
    `DELETE FROM container c WHERE c.node_id = ANY($1::uuid[]) AND NOT EXISTS (
       SELECT 1 FROM jsonb_to_recordset($2::jsonb) AS t(node_id uuid, runtime text, id text)
       WHERE t.node_id = c.node_id AND t.runtime = c.runtime AND t.id = c.id)`,
    [nodes.map(({ nodeId }) => nodeId), rows],
  );
  await client.query(
    `INSERT INTO container AS c (${CONTAINER_COLUMNS})
     SELECT ${CONTAINER_COLUMNS} FROM jsonb_to_recordset($1::jsonb) AS t(node_id uuid, runtime text, id text, name text, pod_name text,
       pod_namespace text, image text, handler text, state text, exit_code int, reason text, attempt int, pid int, created_at timestamptz,
       started_at timestamptz, finished_at timestamptz, cpu_limit_millis float8, memory_limit_bytes bigint)
     ON CONFLICT (node_id, runtime, id) DO UPDATE SET
       name = excluded.name, pod_name = excluded.pod_name, pod_namespace = excluded.pod_namespace, image = excluded.image,
       handler = excluded.handler, state = excluded.state, exit_code = excluded.exit_code, reason = excluded.reason,
       attempt = excluded.attempt, pid = excluded.pid, created_at = excluded.created_at, started_at = excluded.started_at,
       finished_at = excluded.finished_at, cpu_limit_millis = excluded.cpu_limit_millis, memory_limit_bytes = excluded.memory_limit_bytes
     WHERE (c.name, c.pod_name, c.pod_namespace, c.image, c.handler, c.state, c.exit_code, c.reason, c.attempt, c.pid, c.created_at,
       c.started_at, c.finished_at, c.cpu_limit_millis, c.memory_limit_bytes) IS DISTINCT FROM
       (excluded.name, excluded.pod_name, excluded.pod_namespace, excluded.image, excluded.handler, excluded.state, excluded.exit_code,
       excluded.reason, excluded.attempt, excluded.pid, excluded.created_at, excluded.started_at, excluded.finished_at,
       excluded.cpu_limit_millis, excluded.memory_limit_bytes)`,
    [rows],
  );
}

async function storeUsage(client: pg.ClientBase, all: readonly PreparedFacts[]): Promise<void> {
  const rows = all.flatMap(({ nodeId, readable }) =>
    (readable.containerUsage ?? []).map((usage) => ({
      node_id: nodeId,
      id: usage.id,
      cpu: usage.cpuUsedMillis,
      memory: toInt8(usage.memoryUsedBytes),
    })),
  );
  if (rows.length === 0) return;
  await client.query(
    `UPDATE container c SET cpu_used_millis = t.cpu, memory_used_bytes = t.memory
     FROM jsonb_to_recordset($1::jsonb) AS t(node_id uuid, id text, cpu float8, memory bigint)
     WHERE c.node_id = ANY($2::uuid[]) AND c.node_id = t.node_id AND c.id = t.id AND (c.cpu_used_millis, c.memory_used_bytes) IS DISTINCT FROM (t.cpu, t.memory)`,
    // The nodes once more: with them the key's index is used, whatever number of rows is expected of the text.
    [toPgJson(rows), [...new Set(rows.map(({ node_id }) => node_id))]],
  );
}
