// One check with all that helps to judge it: article, modes, mutes, outcomes by pool, why it is unknown, and what its repairs did on which versions.

import type { PrismaClient } from "../../generated/prisma/client.ts";
import { articleIdOf } from "../../knowledge/article-id.ts";
import { checkModes } from "../check-modes/list.ts";
import { AppError } from "../core/errors.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { articleBody } from "../knowledge/effective.ts";
import { mutesOfCheck } from "../mutes/list.ts";
import { activeChecks } from "./catalogue.ts";
import { readCheckRows } from "./checks.ts";
import { readRecords } from "./figures.ts";
import { type CheckDetail, CheckRef } from "./schema.ts";
import { catalogueSql } from "./survey.ts";

const DAYS = 30;
const REASONS_MAX = 10;
const VERSIONS_MAX = 50;

export const getCheck = query({
  name: "inspections.check",
  access: "checks:read",
  on: "node",
  input: CheckRef,
  async run({ db, actor, now, scope }, { id }): Promise<CheckDetail> {
    const { checks, hash } = await activeChecks(db);
    const check = checks.find((one) => one.id === id);
    if (!check) throw new AppError("not_found", `no check ${id}`, { publicMessage: "There is no such check." });
    const at = now();
    const [article, [row], modes, mutes, pools, unknownReasons, records, perDay] = await Promise.all([
      articleBody(db, articleIdOf("check", id)),
      readCheckRows(db, scope, [check], at),
      checkModes(db, scope, id, at),
      mutesOfCheck(db, { scope, actor, now: at, checkId: id }),
      readPools(db, scope, id, hash),
      readReasons(db, scope, id),
      readRecords(db, scope, [id]),
      readPerDay(db, scope, id, at),
    ]);
    if (!row) throw new Error(`no row of ${id}`);
    const versions = records.slice(0, VERSIONS_MAX).map(({ checkId: _, ...record }) => record);
    return { ...row, article, modes, mutes, pools, unknownReasons, versions, perDay };
  },
});

/** @param catalogue hash of what is evaluated now: what was not asked yet is not known to be well */
const readPools = (db: PrismaClient, scope: Scope, id: string, catalogue: string): Promise<CheckDetail["pools"]> =>
  db.$queryRaw<CheckDetail["pools"]>(sql`
    SELECT pool, count(*) FILTER (WHERE NOT is_problem AND NOT is_unknown)::int AS ok, count(*) FILTER (WHERE is_problem)::int AS problem,
      count(*) FILTER (WHERE is_unknown)::int AS unknown
    FROM (SELECT n.pool, jsonb_exists(i.problems, ${id}) AS is_problem, jsonb_exists(i.unknowns, ${id})
        OR (NOT jsonb_exists(i.problems, ${id}) AND ${catalogueSql} <> ${catalogue}) AS is_unknown
      FROM node_inspection i JOIN node n ON n.id = i.node_id WHERE n.revoked_at IS NULL AND ${scope.sql("n")}) o
    GROUP BY 1 ORDER BY problem DESC, unknown DESC, pool`);

/** Reasons tell ages and sizes; what is the same but for its numbers is one reason. */
const readReasons = (db: PrismaClient, scope: Scope, id: string): Promise<CheckDetail["unknownReasons"]> =>
  db.$queryRaw<CheckDetail["unknownReasons"]>(sql`
    SELECT regexp_replace(i.unknowns -> ${id}::text ->> 'reason', '[0-9]+', 'N', 'g') AS reason, count(*)::int AS count
    FROM node_inspection i JOIN node n ON n.id = i.node_id
    WHERE jsonb_exists(i.unknowns, ${id}) AND n.revoked_at IS NULL AND ${scope.sql("n")}
    GROUP BY 1 ORDER BY count DESC, reason LIMIT ${REASONS_MAX}`);

async function readPerDay(db: PrismaClient, scope: Scope, id: string, now: Date): Promise<number[]> {
  const from = new Date(now.getTime() - DAYS * 86_400_000);
  const rows = await db.$queryRaw<{ day: number; count: number }[]>(sql`
    SELECT floor(extract(epoch FROM f.opened_at - ${from}::timestamptz) / 86400)::int AS day, count(*)::int AS count
    FROM finding f JOIN node n ON n.id = f.node_id
    WHERE f.check_id = ${id} AND f.opened_at > ${from} AND ${scope.sql("n")} GROUP BY 1`);
  const days = Array<number>(DAYS).fill(0);
  for (const { day, count } of rows) {
    const slot = Math.min(DAYS - 1, Math.max(0, day));
    days[slot] = (days[slot] ?? 0) + count;
  }
  return days;
}
