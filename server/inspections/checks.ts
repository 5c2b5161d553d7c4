// The catalogue of checks with how each stands on the fleet, its mode, and what was measured of it.
import { z } from "zod";
import type { Check } from "../../checks/define.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { readModes } from "../check-modes/modes.ts";
import { EVERY_POOL } from "../check-modes/schema.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { activeChecks, isBuiltIn } from "./catalogue.ts";
import { readFigures, readRecords, repairFigures } from "./figures.ts";
import { NOTHING_KNOWN } from "./outcomes.ts";
import type { CheckRow } from "./schema.ts";
import { catalogueSql } from "./survey.ts";

export const listChecks = query({
  name: "inspections.checks",
  access: "checks:read",
  on: "node",
  input: z.void(),
  async run({ db, now, scope }): Promise<CheckRow[]> {
    return readCheckRows(db, scope, (await activeChecks(db)).checks, now());
  },
});

/** Rows of these checks, in their order. */
export async function readCheckRows(
  db: PrismaClient,
  scope: Scope,
  checks: readonly Check[],
  now: Date,
): Promise<CheckRow[]> {
  const only = checks.length === 1 ? checks.map(({ id }) => id) : null;
  const { shadow, hash } = await activeChecks(db);
  const [counts, figuresOf, records, mode, muted] = await Promise.all([
    readCounts(db, scope, hash),
    readFigures(db, scope, checks, now),
    readRecords(db, scope, only),
    readModes(db),
    readMuted(db, scope),
  ]);
  return checks.map((check) => {
    const { id, title, area, severity, suggestion, raiseAfterMs, clearAfterMs, factTtlMs, thresholds } = check;
    const problem = counts.problems.get(id) ?? 0;
    const ok = Math.max(0, counts.current - (counts.seen.get(id) ?? 0));
    const unknown = counts.nodes - ok - problem;
    return {
      id,
      title,
      area,
      severity,
      suggestion,
      needs: [...check.needs],
      dependsOn: [...(check.dependsOn ?? [])],
      aliases: [...(check.aliases ?? [])],
      repairs: repairFigures(id, records),
      raiseAfterMs,
      clearAfterMs,
      factTtlMs,
      thresholds,
      isCustom: !isBuiltIn(id),
      isShadow: shadow.has(id),
      ok,
      problem,
      unknown,
      coverage: counts.nodes === 0 ? null : (counts.nodes - unknown) / counts.nodes,
      mode: mode(id, EVERY_POOL),
      muted: muted.get(id) ?? 0,
      figures: figuresOf(id),
    };
  });
}

type Counts = {
  /** Nodes that were looked at, and of them those that were asked what is asked now. */
  nodes: number;
  current: number;
  problems: Map<string, number>;
  /** Of the current ones those where the check is not ok. */
  seen: Map<string, number>;
};

/** Nodes by outcome, of those that were looked at. */
async function readCounts(db: PrismaClient, scope: Scope, catalogue: string): Promise<Counts> {
  const from = sql`FROM node_inspection i JOIN node n ON n.id = i.node_id`;
  const where = sql`WHERE n.revoked_at IS NULL AND ${scope.sql("n")}`;
  const isCurrent = sql`${catalogueSql} = ${catalogue}`;
  const [[total], rows] = await Promise.all([
    db.$queryRaw<{ nodes: number; current: number }[]>(
      sql`SELECT count(*)::int AS nodes, count(*) FILTER (WHERE ${isCurrent})::int AS current ${from} ${where}`,
    ),
    db.$queryRaw<{ kind: string; checkId: string; count: number; current: number }[]>(sql`
      SELECT 'problem' AS kind, p.id AS "checkId", count(*)::int AS count, count(*) FILTER (WHERE ${isCurrent})::int AS current ${from}
        CROSS JOIN LATERAL jsonb_object_keys(i.problems) AS p(id) ${where} GROUP BY 2
      UNION ALL
      SELECT 'unknown', u.id, count(*)::int, count(*) FILTER (WHERE ${isCurrent})::int ${from}
        CROSS JOIN LATERAL jsonb_object_keys(i.unknowns) AS u(id) ${where} AND u.id <> ${NOTHING_KNOWN} GROUP BY 2`),
  ]);
  const seen = new Map<string, number>();
  for (const { checkId, current } of rows) seen.set(checkId, (seen.get(checkId) ?? 0) + current);
  const problems = rows.filter(({ kind }) => kind === "problem");
  return {
    nodes: total?.nodes ?? 0,
    current: total?.current ?? 0,
    problems: new Map(problems.map(({ checkId, count }) => [checkId, count])),
    seen,
  };
}

async function readMuted(db: PrismaClient, scope: Scope): Promise<Map<string, number>> {
  const rows = await db.finding.groupBy({
    by: ["checkId"],
    where: {
      muteId: { not: null },
      isShadow: false,
      state: { in: ["open", "flapping", "recovering"] },
      node: { AND: [{ revokedAt: null }, scope.where] },
    },
    _count: { _all: true },
  });
  return new Map(rows.map(({ checkId, _count }) => [checkId, _count._all]));
}
