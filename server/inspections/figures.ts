// What was measured of checks and of the repairs that ran for them: set-based, one query each for the whole catalogue.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { repairsForCheck } from "../../repairs/index.ts";
import { wilsonLower } from "../check-modes/wilson.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { COUNTS } from "../repairs/touched.ts";
import { type CheckFigures, FIGURES_DAYS, type RepairFigures } from "./schema.ts";

const DAY_MS = 86_400_000;
/** A finding that cleared by itself within so many times its clear time was transient: the debounce was too short for it. Editorial. */
const TRANSIENT_FACTOR = 2;
/** … and within this at least, ms: clear times may be 0. */
const TRANSIENT_MIN_MS = 60_000;

type Row = {
  checkId: string;
  occurrences: number;
  judged: number;
  falsePositives: number;
  closed: number;
  transient: number;
  mttdMs: number | null;
  mttrMs: number | null;
};

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
const round = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));

const NONE: Omit<Row, "checkId"> = {
  occurrences: 0,
  judged: 0,
  falsePositives: 0,
  closed: 0,
  transient: 0,
  mttdMs: null,
  mttrMs: null,
};

/**
 * Figures by check over what the caller may see.
 * @param checks with their clear times, which say what is transient
 */
export async function readFigures(
  db: PrismaClient,
  scope: Scope,
  checks: readonly { id: string; clearAfterMs: number; factTtlMs: number; needs: readonly string[] }[],
  now: Date,
): Promise<(checkId: string) => CheckFigures> {
  const since = new Date(now.getTime() - FIGURES_DAYS * DAY_MS);
  const shortMs = checks.map(({ clearAfterMs }) => Math.max(TRANSIENT_MIN_MS, TRANSIENT_FACTOR * clearAfterMs));
  const rows = await db.$queryRaw<Row[]>(sql`
    SELECT f.check_id AS "checkId", count(*)::int AS occurrences, count(f.was_real)::int AS judged,
      count(*) FILTER (WHERE NOT f.was_real)::int AS "falsePositives",
      count(*) FILTER (WHERE f.close_reason IN ('cleared', 'repaired'))::int AS closed,
      count(*) FILTER (WHERE f.close_reason = 'cleared' AND f.was_real IS NOT TRUE AND f.flap_count = 0
        AND extract(epoch FROM f.closed_at - f.opened_at) * 1000 <= t.short_ms
        AND NOT EXISTS (SELECT 1 FROM repair r WHERE r.finding_id = f.id))::int AS transient,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM f.opened_at - f.first_seen_at) * 1000)
        FILTER (WHERE f.flap_count = 0)::float8 AS "mttdMs",
      (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM f.closed_at - f.opened_at) * 1000)
        FILTER (WHERE f.close_reason IN ('cleared', 'repaired')))::float8 AS "mttrMs"
    FROM finding f JOIN node n ON n.id = f.node_id
    JOIN unnest(${checks.map(({ id }) => id)}::text[], ${shortMs}::float8[]) AS t(check_id, short_ms) ON t.check_id = f.check_id
    WHERE f.opened_at >= ${since} AND ${scope.sql("n")}
    GROUP BY 1`);
  const byCheck = new Map(rows.map((row) => [row.checkId, row]));
  const factMsOf = new Map(checks.map(({ id, factTtlMs }) => [id, factTtlMs]));
  return (checkId) => {
    const row = byCheck.get(checkId) ?? NONE;
    const { occurrences, judged, falsePositives, transient } = row;
    return {
      occurrences,
      judged,
      falsePositives,
      falsePositiveRate: ratio(falsePositives, judged),
      transient,
      transientRate: ratio(transient, row.closed),
      mttdMs: round(row.mttdMs),
      mttrMs: round(row.mttrMs),
      factMs: factMsOf.get(checkId) ?? 0,
    };
  };
}

export type VersionRecord = {
  checkId: string;
  repairId: string;
  kernel: string;
  runtimes: string;
  runs: number;
  succeeded: number;
};

/**
 * Finished runs by check, repair, kernel and runtimes as they were when the run began, most runs first. Undos and runs that touched nothing do not count.
 * @param checkIds null for all
 */
export const readRecords = (
  db: PrismaClient,
  scope: Scope,
  checkIds: readonly string[] | null,
): Promise<VersionRecord[]> =>
  db.$queryRaw<VersionRecord[]>(sql`
    SELECT coalesce(r.check_id, f.check_id) AS "checkId", r.repair_id AS "repairId", coalesce(nullif(r.kernel, ''), n.kernel) AS kernel,
      coalesce(nullif(r.runtimes, ''), n.runtimes) AS runtimes, count(*)::int AS runs,
      count(*) FILTER (WHERE r.state = 'succeeded')::int AS succeeded
    FROM repair r JOIN node n ON n.id = r.node_id LEFT JOIN finding f ON f.id = r.finding_id
    WHERE ${COUNTS} AND r.undo_of_id IS NULL AND coalesce(r.check_id, f.check_id) IS NOT NULL
      AND ${checkIds === null ? sql`true` : sql`coalesce(r.check_id, f.check_id) = ANY(${[...checkIds]}::text[])`} AND ${scope.sql("n")}
    GROUP BY 1, 2, 3, 4 ORDER BY runs DESC, 1, 2, 3, 4`);

/** The repairs of a check with their record over all versions, as the check names them. */
export function repairFigures(checkId: string, records: readonly VersionRecord[]): RepairFigures[] {
  return repairsForCheck(checkId).map(({ id, title, risk }) => {
    const own = records.filter((record) => record.checkId === checkId && record.repairId === id);
    const runs = own.reduce((sum, record) => sum + record.runs, 0);
    const succeeded = own.reduce((sum, record) => sum + record.succeeded, 0);
    return { id, title, risk, runs, succeeded, lowerBound: runs === 0 ? null : wilsonLower(succeeded, runs) };
  });
}
