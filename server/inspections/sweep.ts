// Finds nodes whose findings or outcomes change by time alone and hands them to the inspections; runs every few seconds.

import { checks } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { sql } from "../core/sql.ts";

/** Every node is inspected at least this often, ms, new facts or not. */
const PATROL_MS = 60_000;
/** A node without a session is looked at this often, ms, until all its outcomes are unknown. */
const STALE_MS = 10_000;
/** At most so many nodes a sweep: after an outage the backlog is worked off oldest first, not at once. */
const SWEEP_MAX = 1_000;

/** Ids of due nodes, longest unseen first. */
export async function dueNodes(db: PrismaClient, now: Date): Promise<string[]> {
  const patrol = new Date(now.getTime() - PATROL_MS);
  const stale = new Date(now.getTime() - STALE_MS);
  const ids = checks.map(({ id }) => id);
  const rows = await db.$queryRaw<{ id: string }[]>(sql`
    SELECT n.id FROM node n
    LEFT JOIN LATERAL (
      SELECT max(c.checked_at) AS at, bool_or(c.status <> 'unknown') AS knows FROM check_status c WHERE c.node_id = n.id
    ) s ON true
    WHERE n.revoked_at IS NULL AND (
      EXISTS (SELECT 1 FROM finding f WHERE f.node_id = n.id AND f.state <> 'closed'
        AND (f.state IN ('pending', 'recovering') OR NOT f.check_id = ANY(${ids}::text[])))
      OR (s.at IS NULL AND EXISTS (SELECT 1 FROM node_fact nf WHERE nf.node_id = n.id))
      OR s.at < ${patrol}
      OR (NOT n.is_connected AND s.knows AND s.at < ${stale}))
    ORDER BY s.at NULLS FIRST, n.id LIMIT ${SWEEP_MAX}`);
  return rows.map(({ id }) => id);
}
