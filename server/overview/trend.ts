// How many nodes were in which state over the last 24 h, from the state changes.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import type { Overview } from "./schema.ts";

const STEP_MS = 30 * 60_000;
const POINTS = 48;

/** One point each half hour, the last one now. A node counts from its first state on. */
export async function readTrend(db: PrismaClient, scope: Scope, now: Date): Promise<Overview["trend"]> {
  const from = new Date(now.getTime() - POINTS * STEP_MS);
  // For each point in time the last change of each node before it (index: node_id, at).
  const rows = await db.$queryRaw<{ at: Date; state: string; count: bigint }[]>(sql`
    SELECT p.at, s.state, count(*) AS count
    FROM generate_series(${from}::timestamptz, ${now}::timestamptz, ${`${STEP_MS} milliseconds`}::interval) AS p(at)
    CROSS JOIN node n
    CROSS JOIN LATERAL (SELECT c."to" AS state FROM node_state_change c WHERE c.node_id = n.id AND c.at <= p.at ORDER BY c.at DESC, c.id DESC LIMIT 1) s
    WHERE (n.revoked_at IS NULL OR n.revoked_at > p.at) AND ${scope.sql("n")}
    GROUP BY 1, 2`);
  const points = Array.from({ length: POINTS + 1 }, (_, i) => ({
    at: new Date(from.getTime() + i * STEP_MS),
    healthy: 0,
    degraded: 0,
    unhealthy: 0,
    notReporting: 0,
    unknown: 0,
  }));
  for (const { at, state, count } of rows) {
    const point = points[Math.round((at.getTime() - from.getTime()) / STEP_MS)];
    if (!point) continue;
    const key = state === "not_reporting" ? "notReporting" : state;
    if (key === "healthy" || key === "degraded" || key === "unhealthy" || key === "notReporting")
      point[key] += Number(count);
    else point.unknown += Number(count);
  }
  return points;
}
