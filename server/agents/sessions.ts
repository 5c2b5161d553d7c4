// What the gateway writes about sessions: opened, lost, still there, overdue. Transitions at once, the rest in bulk each minute.
import type pg from "pg";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { sql } from "../core/sql.ts";
import { refreshNodeStates, type StateChange } from "../nodes/set-state.ts";
import { toPgText } from "./pg-json.ts";

type SessionRefusal = "unknown-node" | "revoked" | "quarantined" | "clone";

export type { QuarantineReason } from "../nodes/schema.ts";
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
/** Starts of an agent that are remembered. */
const EPOCHS_MAX = 8;

/**
 * Records a session, when the node is known, not removed, and its certificate is valid.
 * An agent's epoch is new at each of its starts, and only one agent runs with an identity at a time: an epoch that was followed by another one
 * never comes back, unless two machines share the identity ("clone").
 * @param session.key unique per session, so that an older session's end does not undo a newer one's start
 */
export async function openSession(
  pool: pg.Pool,
  session: Certificate & { key: string; epoch: string; agentVersion: string; bootId: string; now: Date },
): Promise<OpenedSession> {
  const { nodeId, serial, expiresAt, key, agentVersion, bootId, now } = session;
  const epoch = toPgText(session.epoch, 64);
  const { rows } = await pool.query<{ name: string; state: string; acked_seq: string }>(
    `UPDATE node SET is_connected = true, session_epoch = $4, last_seen_at = $5, disconnected_at = NULL, agent_version = $6, boot_id = $7,
       certificate_serial = $2, certificate_expires_at = $3,
       epochs = CASE WHEN epochs[cardinality(epochs)] = $8 THEN epochs ELSE (epochs || $8::text)[greatest(1, cardinality(epochs) + 2 - ${EPOCHS_MAX}):] END
     WHERE ${VALID_CERTIFICATE} AND quarantined_at IS NULL AND (epochs[cardinality(epochs)] = $8 OR $8 <> ALL(epochs))
     RETURNING name, state, acked_seq`,
    [nodeId, serial, expiresAt, key, now, toPgText(agentVersion, 64), toPgText(bootId, 128), epoch],
  );
  const [node] = rows;
  if (!node) return { ok: false, code: await reasonToRefuse(pool, { nodeId, serial, expiresAt }, epoch) };
  const facts = await pool.query<{ kind: string; hash: string }>(
    "SELECT kind, hash FROM node_fact WHERE node_id = $1",
    [nodeId],
  );
  const hashes = Object.fromEntries(facts.rows.map(({ kind, hash }) => [kind, hash]));
  return { ok: true, name: node.name, state: node.state, ackedSeq: Number(node.acked_seq), hashes };
}

/** A copy is told by its epoch even when the other one has renewed its certificate meanwhile. */
async function reasonToRefuse(
  pool: pg.Pool,
  { nodeId, serial, expiresAt }: Certificate,
  epoch: string,
): Promise<SessionRefusal> {
  const { rows } = await pool.query<{
    is_removed: boolean;
    is_valid: boolean;
    is_quarantined: boolean;
    came_back: boolean;
  }>(
    `SELECT revoked_at IS NOT NULL AS is_removed, (${VALID_CERTIFICATE}) AS is_valid, quarantined_at IS NOT NULL AS is_quarantined,
       $4 = ANY(epochs) AND epochs[cardinality(epochs)] <> $4 AS came_back
     FROM node WHERE id = $1`,
    [nodeId, serial, expiresAt, epoch],
  );
  const [node] = rows;
  if (!node) return "unknown-node";
  if (node.is_removed) return "revoked";
  if (node.is_quarantined) return "quarantined";
  return node.came_back ? "clone" : "revoked";
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

/** How many zones these nodes are of, and how many the whole fleet has. */
export async function countZones(
  pool: pg.Pool,
  nodeIds: readonly string[],
): Promise<{ missing: number; fleet: number }> {
  const { rows } = await pool.query<{ missing: number; fleet: number }>(
    `SELECT count(DISTINCT zone)::int AS fleet, count(DISTINCT zone) FILTER (WHERE id = ANY($1::uuid[]))::int AS missing
     FROM node WHERE revoked_at IS NULL`,
    [nodeIds],
  );
  return rows[0] ?? { missing: 0, fleet: 0 };
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

export type EndedSession = { nodeId: string; code: "revoked" | "quarantined" };

/** Those of these live sessions that may not go on: the node was removed or quarantined, or another certificate has taken over. */
export async function findEnded(
  pool: pg.Pool,
  sessions: readonly Pick<Certificate, "nodeId" | "serial" | "expiresAt">[],
): Promise<EndedSession[]> {
  if (sessions.length === 0) return [];
  const { rows } = await pool.query<{ node_id: string; is_quarantined: boolean }>(
    `SELECT t.node_id, coalesce(n.quarantined_at IS NOT NULL AND n.revoked_at IS NULL, false) AS is_quarantined
     FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS t(node_id, serial, expires_at)
     LEFT JOIN node n ON n.id = t.node_id
     WHERE n.id IS NULL OR n.revoked_at IS NOT NULL OR n.quarantined_at IS NOT NULL
       OR NOT (n.certificate_serial = t.serial OR n.certificate_expires_at < t.expires_at)`,
    [sessions.map((s) => s.nodeId), sessions.map((s) => s.serial), sessions.map((s) => s.expiresAt)],
  );
  return rows.map(({ node_id, is_quarantined }) => ({
    nodeId: node_id,
    code: is_quarantined ? "quarantined" : "revoked",
  }));
}
