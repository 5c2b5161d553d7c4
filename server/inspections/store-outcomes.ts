// Writes the row of each node that was looked at, inside evaluate.ts's transaction; and of one that could not be.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { toPgJson } from "../agents/pg-json.ts";
import { publishChanges } from "../core/changes.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { NOTHING_KNOWN, type Outcomes } from "./outcomes.ts";

/** `dueAt` in epoch ms. `isChanged`: some check's status is another one than before. */
export type InspectionRow = Outcomes & { nodeId: string; digest: string; dueAt: number; isChanged: boolean };

export async function storeInspections(tx: Tx, rows: readonly InspectionRow[], now: Date): Promise<void> {
  if (rows.length === 0) return;
  const input = rows.map(({ nodeId, digest, dueAt, problems, unknowns }) => ({
    node_id: nodeId,
    digest,
    due_at: new Date(dueAt).toISOString(),
    problems,
    unknowns,
  }));
  await tx.$executeRaw(sql`
    INSERT INTO node_inspection AS i (node_id, checked_at, due_at, digest, problems, unknowns)
    SELECT node_id, ${now}::timestamptz, due_at, digest, problems, unknowns
    FROM jsonb_to_recordset(${toPgJson(input)}::jsonb)
      AS r(node_id uuid, due_at timestamptz, digest text, problems jsonb, unknowns jsonb)
    ON CONFLICT (node_id) DO UPDATE SET
      checked_at = excluded.checked_at, due_at = excluded.due_at, digest = excluded.digest, problems = excluded.problems,
      unknowns = excluded.unknowns
    WHERE (i.checked_at, i.due_at, i.digest, i.problems, i.unknowns)
      IS DISTINCT FROM (excluded.checked_at, excluded.due_at, excluded.digest, excluded.problems, excluded.unknowns)`);
  const changed = rows.filter(({ isChanged }) => isChanged).map(({ nodeId }) => nodeId);
  if (changed.length > 0) await publishChanges(tx, [{ domain: "nodes", ids: changed }]);
}

/**
 * Notes that a node could not be looked at: nothing is known of it, and it waits for its next regular visit like any other, so that it holds up nobody.
 * @param dueAt epoch ms
 */
export async function noteFailedLook(db: PrismaClient, nodeId: string, dueAt: number, now: Date): Promise<void> {
  const unknowns = toPgJson({ [NOTHING_KNOWN]: { since: now.getTime(), reason: "the look failed" } });
  await db.$executeRaw(sql`
    INSERT INTO node_inspection AS i (node_id, checked_at, due_at, unknowns)
    SELECT id, ${now}::timestamptz, ${new Date(dueAt)}::timestamptz, ${unknowns}::jsonb FROM node WHERE id = ${nodeId}::uuid
    ON CONFLICT (node_id) DO UPDATE SET checked_at = excluded.checked_at, due_at = excluded.due_at, digest = '',
      unknowns = excluded.unknowns || i.unknowns`);
}
