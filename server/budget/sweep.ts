// What time does to leases: cordons that are over end, those who wait get their turn, and a lease whose owner's work is over goes back.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { publishChanges } from "../core/changes.ts";
import { sql } from "../core/sql.ts";
import { handOver } from "./hand-over.ts";
import { grantWaiting } from "./queue.ts";

/** @returns how many leases ended and how many that waited were granted */
export async function sweepLeases(db: PrismaClient, now: Date): Promise<{ ended: number; granted: number }> {
  await handOver(db, sql`lease.expires_at <= ${now}::timestamptz`);
  const ended = await db.$queryRaw<{ nodeId: string }[]>(sql`
    UPDATE lease SET released_at = ${now}::timestamptz, active_key = NULL
    WHERE active_key IS NOT NULL AND (expires_at <= ${now}::timestamptz OR (owner LIKE 'rollout:%' AND EXISTS (
      SELECT FROM rollout r WHERE r.id::text = substr(owner, 9) AND r.phase IN ('succeeded', 'rolled-back', 'aborted'))
      AND NOT EXISTS (SELECT FROM repair p WHERE p.active_key = lease.node_id::text AND p.rollout_id::text = substr(owner, 9))))
    RETURNING node_id AS "nodeId"`);
  if (ended.length > 0) await publishChanges(db, [{ domain: "leases", ids: ended.map(({ nodeId }) => nodeId) }]);
  return { ended: ended.length, granted: await grantWaiting(db, now) };
}
