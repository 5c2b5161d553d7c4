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

/**
 * One point each half hour, the last one now; and the nodes that are there now, by state, as the same look found them.
 * A node counts from its enrolment until it is removed.
 */
export async function readTrend(
  db: PrismaClient,
  scope: Scope,
  now: Date,
): Promise<{ points: Point[]; present: Map<string, number> }> {
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
  const present = new Map(shifts.filter(({ before }) => before === null).map(({ state, count }) => [state, count]));
  return { points, present };
}

function keyOf(state: string): Exclude<keyof Point, "at"> {
  if (state === "not_reporting") return "notReporting";
  return state === "healthy" || state === "degraded" || state === "unhealthy" ? state : "unknown";
}

/**
 * Looks at the nodes that are there, those that came or went lately, and the changes of the window. Each change, read backwards, takes a node from
 * `to` to `from`. The state a node had when it came is its last one with all its changes undone: so each of them counts once more, the other way
 * round, before the node was there – no look per node.
 */
function shiftsSql(from: Date, scope: Scope): Sql {
  /** Index of the first point that is not before a time. */
  const before = (at: Sql): Sql =>
    sql`ceil(date_part('epoch', ${at} - ${from}::timestamptz) * 1000 / ${STEP_MS}::int)::int`;
  const mine = scope.sql("n");
  const isKnown = sql`(n.revoked_at IS NULL OR n.revoked_at > ${from})`;
  const [enrolled, revoked, changed] = [sql`n.enrolled_at`, sql`n.revoked_at`, sql`c.at`];
  return sql`
    WITH present AS (
      SELECT n.state, count(*) AS count FROM node n WHERE n.revoked_at IS NULL AND ${mine} GROUP BY 1
    ), gone AS (
      SELECT ${before(revoked)} AS at, CASE WHEN n.enrolled_at > ${from} THEN ${before(enrolled)} END AS came, coalesce(
        (SELECT c."from" FROM node_state_change c WHERE c.node_id = n.id AND c.at > n.revoked_at ORDER BY c.at, c.id LIMIT 1), n.state) AS state
      FROM node n WHERE n.revoked_at > ${from} AND ${mine}
    ), changed AS (
      SELECT ${before(changed)} AS at, CASE WHEN n.enrolled_at > ${from} THEN ${before(enrolled)} END AS came, c."from", c."to", count(*) AS count
      FROM node_state_change c JOIN node n ON n.id = c.node_id
      WHERE c.at > ${from} AND c.at > n.enrolled_at AND (n.revoked_at IS NULL OR c.at <= n.revoked_at) AND ${isKnown} AND ${mine} GROUP BY 1, 2, 3, 4
    )
    SELECT before, state, sum(count)::int AS count FROM (
      SELECT NULL::int AS before, state, count FROM present
      UNION ALL SELECT at, state, 1 FROM gone
      UNION ALL SELECT came, state, -1 FROM gone WHERE came IS NOT NULL
      UNION ALL SELECT ${before(enrolled)}, n.state, -1 FROM node n WHERE n.enrolled_at > ${from} AND n.revoked_at IS NULL AND ${mine}
      UNION ALL SELECT at, "from", count FROM changed
      UNION ALL SELECT at, "to", -count FROM changed
      UNION ALL SELECT came, "from", -count FROM changed WHERE came IS NOT NULL
      UNION ALL SELECT came, "to", count FROM changed WHERE came IS NOT NULL
    ) shift GROUP BY 1, 2`;
}
