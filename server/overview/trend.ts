// How many nodes were in which state over the last 24 h: from what is true now backwards, change by change, so that the cost is that of the changes.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Scope } from "../core/scope.ts";
import { type Sql, sql } from "../core/sql.ts";
import type { Overview } from "./schema.ts";

const STEP_MS = 30 * 60_000;
const POINTS = 48;

type Point = Overview["trend"][number];
/** Points before index `before` count `count` nodes more in `state`; null: all of them. */
type Shift = { before: number | null; state: string; count: number };

/** One point each half hour, the last one now. A node counts from its enrolment until it is removed. */
export async function readTrend(db: PrismaClient, scope: Scope, now: Date): Promise<Point[]> {
  const from = new Date(now.getTime() - POINTS * STEP_MS);
  const shifts = await db.$queryRaw<Shift[]>(shiftsSql(from, scope));
  const points = Array.from({ length: POINTS + 1 }, (_, i) => ({
    at: new Date(from.getTime() + i * STEP_MS),
    healthy: 0,
    degraded: 0,
    unhealthy: 0,
    notReporting: 0,
    unknown: 0,
  }));
  for (const { before, state, count } of shifts)
    for (const point of points.slice(0, before ?? points.length)) point[keyOf(state)] += count;
  return points;
}

function keyOf(state: string): Exclude<keyof Point, "at"> {
  if (state === "not_reporting") return "notReporting";
  return state === "healthy" || state === "degraded" || state === "unhealthy" ? state : "unknown";
}

/** The state that a node had at a time: that before its first change after it. */
const stateAt = (at: Sql): Sql => sql`coalesce(
  (SELECT c."from" FROM node_state_change c WHERE c.node_id = n.id AND c.at > ${at} ORDER BY c.at, c.id LIMIT 1), n.state)`;

function shiftsSql(from: Date, scope: Scope): Sql {
  /** Index of the first point that is not before a time. */
  const before = (at: Sql): Sql =>
    sql`ceil(extract(epoch FROM ${at} - ${from}::timestamptz) * 1000 / ${STEP_MS}::int)::int`;
  const mine = scope.sql("n");
  const [enrolled, revoked, changed] = [sql`n.enrolled_at`, sql`n.revoked_at`, sql`c.at`];
  return sql`
    SELECT before, state, sum(count)::int AS count FROM (
      SELECT NULL::int AS before, n.state, count(*) AS count FROM node n WHERE n.revoked_at IS NULL AND ${mine} GROUP BY n.state
      UNION ALL
      SELECT ${before(revoked)}, ${stateAt(revoked)}, 1 FROM node n WHERE n.revoked_at > ${from} AND ${mine}
      UNION ALL
      SELECT ${before(enrolled)}, ${stateAt(enrolled)}, -1 FROM node n
      WHERE n.enrolled_at > ${from} AND (n.revoked_at IS NULL OR n.revoked_at > ${from}) AND ${mine}
      UNION ALL
      SELECT ${before(changed)}, side.state, side.count
      FROM node_state_change c JOIN node n ON n.id = c.node_id
      CROSS JOIN LATERAL (VALUES (c."from", 1), (c."to", -1)) AS side(state, count)
      WHERE c.at > ${from} AND c.at > n.enrolled_at AND (n.revoked_at IS NULL OR c.at <= n.revoked_at) AND ${mine}
    ) shift GROUP BY 1, 2`;
}
