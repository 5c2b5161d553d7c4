// The brakes on what starts by itself: how many at once in a pool, and when nothing does because so much is bad that a repair is not the answer – or
// because what looks is bad itself.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { readHeld } from "../agents/gateway-facts.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";

/** At most this share of a pool's nodes is repaired by itself at once, and always one. */
export const BRAKE_RATIO = 0.05;
/** With a larger share of a pool's nodes in the same trouble, or in any critical one, nothing starts there by itself. Editorial. */
const SICK_RATIO_MAX = 0.3;
const CRITICAL_RATIO_MAX = 0.4;
/** In a small pool so many may always be bad. */
const SICK_ALWAYS = 2;
/** A fleet of which a larger share turned bad within this long, ms, and so many nodes at least, has one trouble, or is looked at wrongly. Editorial. */
const FLEET_RATIO_MAX = 0.3;
const FLEET_NODES_MIN = 10;
const FLEET_WINDOW_MS = 10 * 60_000;

/** How many more may start in a pool of so many nodes while so many run. */
export const roomOf = (nodes: number, running: number): number =>
  Math.max(0, Math.max(1, Math.floor(nodes * BRAKE_RATIO)) - running);

/** Whether so many of a pool's nodes are bad that nothing starts there by itself. */
export const isTooSick = (nodes: number, sick: number, critical: number): boolean =>
  sick > Math.max(SICK_ALWAYS, nodes * SICK_RATIO_MAX) || critical > Math.max(SICK_ALWAYS, nodes * CRITICAL_RATIO_MAX);

/** Whether one more may start by itself in this pool against that check's findings, as it stands in this transaction. */
export async function hasRoom(tx: Tx, pool: string, checkId: string): Promise<boolean> {
  const present = sql`f.node_id = n.id AND f.state IN ('open', 'flapping') AND f.mute_id IS NULL AND NOT f.is_shadow`;
  const [row] = await tx.$queryRaw<{ nodes: number; running: number; sick: number; critical: number }[]>(sql`
    SELECT count(*)::int AS nodes,
      count(*) FILTER (WHERE EXISTS (SELECT FROM repair r WHERE r.active_key = n.id::text AND r.origin = 'auto'))::int AS running,
      count(*) FILTER (WHERE EXISTS (SELECT FROM finding f WHERE ${present} AND f.check_id = ${checkId}))::int AS sick,
      count(*) FILTER (WHERE EXISTS (SELECT FROM finding f WHERE ${present} AND f.severity = 'critical'))::int AS critical
    FROM node n WHERE n.revoked_at IS NULL AND n.pool = ${pool}`);
  if (!row) return false;
  return !isTooSick(row.nodes, row.sick, row.critical) && roomOf(row.nodes, row.running) > 0;
}

/** Why nothing starts by itself anywhere now, for the log; null when it may. */
export async function fleetHold(db: PrismaClient, now: Date): Promise<string | null> {
  const [row] = await db.$queryRaw<{ nodes: number; turned: number; unsigned: number }[]>(sql`
    SELECT (SELECT count(*)::int FROM node WHERE revoked_at IS NULL) AS nodes,
      (SELECT count(DISTINCT f.node_id)::int FROM finding f JOIN node n ON n.id = f.node_id
        WHERE f.opened_at >= ${new Date(now.getTime() - FLEET_WINDOW_MS)} AND f.state IN ('open', 'flapping') AND f.severity <> 'info'
          AND f.mute_id IS NULL AND NOT f.is_shadow AND n.revoked_at IS NULL) AS turned,
      (SELECT count(*)::int FROM repair r WHERE r.active_key IS NOT NULL AND r.origin = 'auto'
        AND (r.state = 'queued' OR EXISTS (SELECT FROM command c WHERE c.repair_id = r.id AND c.state = 'queued'))) AS unsigned`);
  const { nodes = 0, turned = 0, unsigned = 0 } = row ?? {};
  const silent = await readHeld(db, now);
  if (silent) return `${silent.missing} of ${silent.known} nodes fell silent at once`;
  if (turned >= FLEET_NODES_MIN && turned > nodes * FLEET_RATIO_MAX)
    return `${turned} of ${nodes} nodes turned bad within ${FLEET_WINDOW_MS / 60_000} minutes`;
  // The dispatcher's own limits hold them back, or it does not run: more of them would only wait and be given up.
  return unsigned > 0 ? UNSIGNED : null;
}
/** The one hold that is nothing to tell anybody of. */
export const UNSIGNED = "earlier runs wait for the dispatcher";
