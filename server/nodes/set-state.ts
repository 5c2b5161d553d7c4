// Brings the stored state of a batch of nodes in line with their findings and sessions; called after inspections, by the gateway and by maintenance.
import { v7 as uuidv7 } from "uuid";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { publishChanges } from "../core/changes.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { NOTHING_KNOWN } from "../inspections/outcomes.ts";
import type { NodeState } from "./schema.ts";
import { deriveState, NO_EVENT, type NodeEvent, type NodeFlags } from "./state.ts";

export type StateChange = { nodeId: string; from: NodeState; to: NodeState };

type Row = NodeFlags & {
  id: string;
  criticalCount: number;
  warningCount: number;
  visibleCritical: number;
  visibleWarning: number;
};

/**
 * Recounts findings and derives the state of these nodes (revoked ones are left out); writes, records and announces only what changed.
 * Idempotent. Node rows are locked in id order first, so that of two concurrent calls the later one counts what the earlier one's transaction wrote.
 *
 * @param db a transaction, or the client: then it opens one
 * @returns nodes whose state changed
 */
export async function refreshNodeStates(
  db: PrismaClient | Tx,
  nodeIds: string[],
  now: Date,
  event: NodeEvent = NO_EVENT,
): Promise<StateChange[]> {
  if (nodeIds.length === 0) return [];
  if ("$connect" in db)
    return db.$transaction((tx) => apply(tx, nodeIds, now, event), { timeout: 15_000, maxWait: 10_000 });
  return apply(db, nodeIds, now, event);
}

async function apply(tx: Tx, nodeIds: string[], now: Date, event: NodeEvent): Promise<StateChange[]> {
  await tx.$queryRaw(sql`SELECT id FROM node WHERE id = ANY(${nodeIds}::uuid[]) ORDER BY id FOR NO KEY UPDATE`);
  const changed = (await readFlags(tx, nodeIds))
    .map((row) => ({ row, next: deriveState(row, event) }))
    .filter(
      ({ row, next }) =>
        row.state !== next.state ||
        row.stateReason !== next.reason ||
        row.criticalCount !== row.visibleCritical ||
        row.warningCount !== row.visibleWarning,
    );
  if (changed.length === 0) return [];
  await tx.$executeRaw(sql`
    WITH input AS (
      SELECT * FROM unnest(
        ${changed.map(({ row }) => row.id)}::uuid[], ${changed.map(() => uuidv7())}::uuid[],
        ${changed.map(({ next }) => next.state)}::text[], ${changed.map(({ next }) => next.reason)}::text[],
        ${changed.map(({ row }) => row.visibleCritical)}::int[], ${changed.map(({ row }) => row.visibleWarning)}::int[]
      ) AS t(node_id, change_id, state, reason, critical, warning)
    ), history AS (
      INSERT INTO node_state_change (id, node_id, "from", "to", reason, at)
      SELECT i.change_id, i.node_id, n.state, i.state, i.reason, ${now}::timestamptz
      FROM input i JOIN node n ON n.id = i.node_id WHERE n.state <> i.state
    )
    UPDATE node n SET
      state_since = CASE WHEN n.state <> i.state THEN ${now}::timestamptz ELSE n.state_since END,
      state = i.state, state_reason = i.reason, critical_count = i.critical, warning_count = i.warning
    FROM input i WHERE n.id = i.node_id`);
  await publishChanges(tx, [{ domain: "nodes", ids: changed.map(({ row }) => row.id) }]);
  return changed
    .filter(({ row, next }) => row.state !== next.state)
    .map(({ row, next }) => ({ nodeId: row.id, from: row.state, to: next.state }));
}

/** Visible = open, flapping, recovering; present = open, flapping (the predicates of findings/schema.ts). Muted ones count for nothing. */
function readFlags(tx: Tx, nodeIds: string[]): Promise<Row[]> {
  return tx.$queryRaw<Row[]>(sql`
    SELECT n.id, n.state, n.state_reason AS "stateReason", n.is_connected AS "isConnected",
      n.critical_count AS "criticalCount", n.warning_count AS "warningCount",
      EXISTS (SELECT 1 FROM node_inspection i WHERE i.node_id = n.id AND NOT jsonb_exists(i.unknowns, ${NOTHING_KNOWN})) AS "isInspected",
      count(f.id) FILTER (WHERE f.severity = 'critical')::int AS "visibleCritical",
      count(f.id) FILTER (WHERE f.severity = 'warning')::int AS "visibleWarning",
      count(f.id) FILTER (WHERE f.severity = 'critical' AND f.state <> 'recovering')::int AS "presentCritical",
      count(f.id) FILTER (WHERE f.severity = 'warning' AND f.state <> 'recovering')::int AS "presentWarning"
    FROM node n
    LEFT JOIN finding f ON f.node_id = n.id AND f.state IN ('open', 'flapping', 'recovering') AND f.mute_id IS NULL AND NOT f.is_shadow
    WHERE n.id = ANY(${nodeIds}::uuid[]) AND n.revoked_at IS NULL
    GROUP BY n.id ORDER BY n.id`);
}
