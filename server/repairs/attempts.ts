// Runs that were made for a finding's identity – node, check, subject – also under findings that closed meanwhile.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import type { Attempt } from "./ladder.ts";
import { RepairState } from "./schema.ts";
import { TOUCHED } from "./touched.ts";

export type Identity = { nodeId: string; checkId: string; subject: string };

/** What is older weighs on nothing, ms: twice the ladder's window. */
const LOOK_BACK_MS = 48 * 3_600_000;
const keyOf = ({ nodeId, checkId, subject }: Identity): string => JSON.stringify([nodeId, checkId, subject]);

/** For many identities at once; newest first each. */
export async function readAttempts(
  db: PrismaClient | Tx,
  of: readonly Identity[],
  now: Date,
): Promise<(identity: Identity) => Attempt[]> {
  const rows = await db.$queryRaw<(Identity & Omit<Attempt, "state"> & { state: string })[]>(sql`
    SELECT r.node_id AS "nodeId", t.check_id AS "checkId", t.subject, r.repair_id AS "repairId", r.state, r.origin,
      ${TOUCHED} AS "hasTouched",
      r.state = 'cancelled' AND (r.is_cancel_requested OR (r.origin = 'approve' AND r.started_at IS NULL)) AS "isDeclined",
      r.created_at AS "createdAt", r.ended_at AS "endedAt"
    FROM unnest(${of.map(({ nodeId }) => nodeId)}::uuid[], ${of.map(({ checkId }) => checkId)}::text[],
      ${of.map(({ subject }) => subject)}::text[]) AS t(node_id, check_id, subject)
    JOIN repair r ON r.node_id = t.node_id AND r.check_id = t.check_id AND r.subject = t.subject
    WHERE r.undo_of_id IS NULL AND (r.ended_at IS NULL OR r.created_at >= ${new Date(now.getTime() - LOOK_BACK_MS)})
    ORDER BY r.created_at DESC`);
  const byKey = Map.groupBy(
    rows.map(({ state, ...row }) => ({ ...row, state: RepairState.parse(state) })),
    keyOf,
  );
  return (identity) => byKey.get(keyOf(identity)) ?? [];
}
