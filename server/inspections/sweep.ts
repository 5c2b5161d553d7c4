// Finds nodes whose findings or outcomes time alone may change, and those the regular visit is due for; runs every few seconds.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { sql } from "../core/sql.ts";
import { isGatewayAlive } from "./facts.ts";

/** Without any gateway no session confirms anything: then all nodes are visited this often, ms. */
const ALONE_MS = 30_000;
/** At most so many nodes a sweep: after an outage the backlog is worked off oldest first, not at once. */
const SWEEP_MAX = 5_000;

/**
 * Ids of due nodes, those that waited longest first. Three reasons: its instant has come (by index); it was never looked at; its session was lost
 * since it was looked at.
 */
export async function dueNodes(db: PrismaClient, now: Date): Promise<string[]> {
  const alone = new Date((await isGatewayAlive(db, now)) ? 0 : now.getTime() - ALONE_MS);
  const rows = await db.$queryRaw<{ id: string }[]>(sql`
    SELECT id FROM (
      (SELECT i.node_id AS id, i.due_at AS at FROM node_inspection i WHERE i.due_at <= ${now} ORDER BY i.due_at LIMIT ${SWEEP_MAX})
      UNION ALL
      (SELECT n.id, n.enrolled_at FROM node n WHERE n.revoked_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM node_inspection i WHERE i.node_id = n.id)
        AND EXISTS (SELECT 1 FROM node_fact f WHERE f.node_id = n.id) LIMIT ${SWEEP_MAX})
      UNION ALL
      (SELECT n.id, i.due_at FROM node n JOIN node_inspection i ON i.node_id = n.id
        WHERE n.revoked_at IS NULL AND NOT n.is_connected AND i.checked_at < n.disconnected_at LIMIT ${SWEEP_MAX})
      UNION ALL
      (SELECT i.node_id, i.due_at FROM node_inspection i WHERE i.checked_at < ${alone} LIMIT ${SWEEP_MAX})
    ) due JOIN node n USING (id) WHERE n.revoked_at IS NULL
    GROUP BY id ORDER BY min(at), id LIMIT ${SWEEP_MAX}`);
  return rows.map(({ id }) => id);
}
