// What the gateway writes about sessions: opened, lost, still there, overdue. Transitions at once, the rest in bulk each minute.
import type pg from "pg";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { sql } from "../core/sql.ts";
import { refreshNodeStates, type StateChange } from "../nodes/set-state.ts";
import { toPgText } from "./pg-json.ts";

type SessionRefusal = "unknown-node" | "revoked";
export type OpenedSession =
  | { ok: true; name: string; state: string; ackedSeq: number; hashes: Record<string, string> }
  | { ok: false; code: SessionRefusal };

/** Sessions are checkpointed this often, ms; a node whose row is older than CHECKPOINT_STALE_MS has no gateway that hears it. */
export const CHECKPOINT_MS = 60_000;
const CHECKPOINT_STALE_MS = 150_000;

/** Who the peer's certificate says that it is. */
export type Certificate = { nodeId: string; serial: string; expiresAt: Date };

/** The certificate on record, or a younger one: a renewed certificate takes over when it is first used, older ones are dead from then on. */
const VALID_CERTIFICATE = "id = $1 AND revoked_at IS NULL AND (certificate_serial = $2 OR certificate_expires_at < $3)";

/**
 * Records a session, when the node is known, not removed, and its certificate is valid.
 * @param session.key unique per session, so that an older session's end does not undo a newer one's start
 */
export async function openSession(
  pool: pg.Pool,
  session: Certificate & { key: string; agentVersion: string; bootId: string; now: Date },
): Promise<OpenedSession> {
  const { nodeId, serial, expiresAt, key, agentVersion, bootId, now } = session;
  const { rows } = await pool.query<{ name: string; state: string; acked_seq: string }>(
    `UPDATE node SET is_connected = true, session_epoch = $4, last_seen_at = $5, disconnected_at = NULL, agent_version = $6, boot_id = $7,
       certificate_serial = $2, certificate_expires_at = $3
     WHERE ${VALID_CERTIFICATE} RETURNING name, state, acked_seq`,
    [nodeId, serial, expiresAt, key, now, toPgText(agentVersion, 64), toPgText(bootId, 128)],
  );
  const [node] = rows;
  if (!node) {
    const { rowCount } = await pool.query("SELECT 1 FROM node WHERE id = $1", [nodeId]);
    return { ok: false, code: rowCount === 0 ? "unknown-node" : "revoked" };
  }
  const facts = await pool.query<{ kind: string; hash: string }>(
    "SELECT kind, hash FROM node_fact WHERE node_id = $1",
    [nodeId],
  );
  const hashes = Object.fromEntries(facts.rows.map(({ kind, hash }) => [kind, hash]));
  return { ok: true, name: node.name, state: node.state, ackedSeq: Number(node.acked_seq), hashes };
}

/** Records lost sessions; one that was followed by a newer session is left alone. @returns nodes that are without one now */
export async function closeSessions(
  pool: pg.Pool,
  lost: { nodeId: string; key: string; at: Date }[],
): Promise<string[]> {
  if (lost.length === 0) return [];
  const { rows } = await pool.query<{ id: string }>(
    `UPDATE node n SET is_connected = false, disconnected_at = t.at, last_seen_at = greatest(n.last_seen_at, t.at)
     FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS t(node_id, key, at)
     WHERE n.id = t.node_id AND n.session_epoch = t.key RETURNING n.id`,
    [lost.map((l) => l.nodeId), lost.map((l) => l.key), lost.map((l) => l.at)],
  );
  return rows.map(({ id }) => id);
}

/** The coarse checkpoint: when each connected node was heard last, and one history sample of the minute from its stored facts. */
export async function checkpointSessions(
  pool: pg.Pool,
  heard: { nodeId: string; at: Date }[],
  now: Date,
): Promise<void> {
  if (heard.length === 0) return;
  const ids = heard.map(({ nodeId }) => nodeId);
  await pool.query(
    `UPDATE node n SET last_seen_at = t.at FROM unnest($1::uuid[], $2::timestamptz[]) AS t(node_id, at)
     WHERE n.id = t.node_id AND (n.last_seen_at IS NULL OR n.last_seen_at < t.at)`,
    [ids, heard.map(({ at }) => at)],
  );
  await pool.query(
    `INSERT INTO node_sample (node_id, at, cpu_used_ratio, memory_used_ratio, disk_used_ratio, io_pressure, memory_pressure, container_count)
     SELECT n.id, date_trunc('minute', $2::timestamptz), (r.data->>'cpuUsedRatio')::float8, (r.data->>'memoryUsedRatio')::float8,
       (SELECT max((fs->>'usedRatio')::float8) FROM jsonb_array_elements(f.data) fs WHERE fs->>'error' IS NULL AND NOT (fs->>'readOnly')::boolean),
       (p.data->'io'->'some'->>'avg60')::float8, (p.data->'memory'->'some'->>'avg60')::float8, n.container_count
     FROM node n
     LEFT JOIN node_fact r ON r.node_id = n.id AND r.kind = 'resources'
     LEFT JOIN node_fact f ON f.node_id = n.id AND f.kind = 'filesystems' AND jsonb_typeof(f.data) = 'array'
     LEFT JOIN node_fact p ON p.node_id = n.id AND p.kind = 'pressure'
     WHERE n.id = ANY($1::uuid[]) AND (r.data IS NOT NULL OR f.data IS NOT NULL)
     ON CONFLICT DO NOTHING`,
    [ids, now],
  );
}

/** Nodes that no gateway hears, by the table; whether they are overdue is the gateway's to decide, it alone knows how long it listened. */
export async function findUnheard(pool: pg.Pool, now: Date): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM node WHERE revoked_at IS NULL AND state NOT IN ('not_reporting', 'maintenance')
       AND (NOT is_connected OR last_seen_at IS NULL OR last_seen_at < $1)`,
    [new Date(now.getTime() - CHECKPOINT_STALE_MS)],
  );
  return rows.map(({ id }) => id);
}

/** Says *not reporting* of these nodes, unless one of them has been heard in the meantime. */
export async function markOverdue(prisma: PrismaClient, nodeIds: string[], now: Date): Promise<StateChange[]> {
  return prisma.$transaction(
    async (tx) => {
      const unheard = await tx.$queryRaw<{ id: string }[]>(sql`
        UPDATE node SET is_connected = false, disconnected_at = coalesce(disconnected_at, last_seen_at, ${now}::timestamptz)
        WHERE id = ANY(${nodeIds}::uuid[])
          AND (NOT is_connected OR last_seen_at IS NULL OR last_seen_at < ${new Date(now.getTime() - CHECKPOINT_STALE_MS)}::timestamptz)
        RETURNING id`);
      return refreshNodeStates(
        tx,
        unheard.map(({ id }) => id),
        now,
        { type: "overdue" },
      );
    },
    { timeout: 15_000, maxWait: 10_000 },
  );
}

/** Ends *not reporting* of a node that is connected again; its findings decide what it is now. */
export async function markHeard(prisma: PrismaClient, nodeId: string, now: Date): Promise<void> {
  await refreshNodeStates(prisma, [nodeId], now);
}

/** Removed nodes among these. */
export async function findRevoked(pool: pg.Pool, nodeIds: string[]): Promise<string[]> {
  if (nodeIds.length === 0) return [];
  const { rows } = await pool.query<{ id: string }>(
    "SELECT id FROM node WHERE revoked_at IS NOT NULL AND id = ANY($1::uuid[])",
    [nodeIds],
  );
  return rows.map(({ id }) => id);
}
