// Private to the patrols domain: rows of patrols and runs as the API gives them, and who may see which.
import { z } from "zod";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Permission } from "../core/access.ts";
import { type Actor, actorRef, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { readReport } from "./report.ts";
import { type PatrolRow, purposes, type RunRow, RunState, Trigger } from "./schema.ts";
import { isWithin } from "./select.ts";

type Db = PrismaClient | Tx;

const noSuchPatrol = (id: string): AppError =>
  new AppError("not_found", `no patrol ${id}`, { publicMessage: "There is no such patrol.", entity: ["patrol", id] });
const noSuchRun = (id: string): AppError =>
  new AppError("not_found", `no run ${id}`, { publicMessage: "There is no such run.", entity: ["patrol-run", id] });

/** A patrol is shown where all lies that it may ever select; one that selects nothing, to its maker. */
export const maySeePatrol = (row: { selector: string; createdBy: string }, actor: Actor, access: Permission): boolean =>
  isWithin({ selector: row.selector, parts: null }, actor, access) ||
  (row.selector === "" && row.createdBy === actorRef(actor));

const Parts = z.array(z.string()).nullable().catch(null);

/** A run tells of what it selected then, whatever its patrol selects now. */
export const maySeeRun = (row: { selector: string; parts: unknown }, actor: Actor, access: Permission): boolean =>
  isWithin({ selector: row.selector, parts: Parts.parse(row.parts) }, actor, access);

/** Samples name nodes: those that went elsewhere since are left out. */
export async function withOwnSamples(db: Db, rows: readonly RunRow[], scope: Scope): Promise<RunRow[]> {
  if (scope.isWhole) return [...rows];
  const named = [...new Set(rows.flatMap(({ report }) => report.openedSample.map(({ nodeId }) => nodeId)))];
  const found = await db.$queryRaw<{ id: string }[]>(
    sql`SELECT n.id FROM node n WHERE n.id = ANY(${named}::uuid[]) AND ${scope.sql("n")}`,
  );
  const own = new Set(found.map(({ id }) => id));
  return rows.map((row) => {
    const openedSample = row.report.openedSample.filter(({ nodeId }) => own.has(nodeId));
    return { ...row, report: { ...row.report, openedSample } };
  });
}

/** What a run was narrowed to, JSON: texts, or null. */
export const runParts = sql`coalesce(r.report -> 'settings' -> 'parts', 'null')`;
const runColumns = sql`r.id, r.patrol_id AS "patrolId", p.name AS "patrolName", r.purpose, r.selector, r.check_ids AS "checkIds", r.state,
  CASE WHEN r.state = 'running' THEN cardinality(r.node_ids) ELSE coalesce((r.report -> 'coverage' ->> 'asked')::int, 0) END AS asked, r.done, r.verdict, r.requested_by AS "requestedBy", r.requested_by_name AS "requestedByName",
  r.started_at AS "startedAt", r.ended_at AS "endedAt", r.report, ${runParts} AS parts`;
export const runFrom = sql`SELECT ${runColumns} FROM patrol_run r LEFT JOIN patrol p ON p.id = r.patrol_id`;

export type RawRun = Omit<RunRow, "report" | "state" | "purpose" | "verdict"> & {
  requestedBy: string;
  parts: unknown;
  report: unknown;
  state: string;
  purpose: string;
  verdict: string | null;
};

const verdicts = ["pass", "fail", "inconclusive"] as const;

export function toRunRow({ requestedBy, parts, ...raw }: RawRun): RunRow {
  const state = RunState.safeParse(raw.state);
  return {
    ...raw,
    state: state.success ? state.data : "failed",
    purpose: purposes.find((one) => one === raw.purpose) ?? "on-demand",
    verdict: verdicts.find((one) => one === raw.verdict) ?? null,
    report: readReport(raw.report),
  };
}

/** A run that the actor may see. @throws AppError("not_found") */
export async function visibleRun(db: Db, id: string, actor: Actor, access: Permission): Promise<RawRun> {
  const [row] = await db.$queryRaw<RawRun[]>(sql`${runFrom} WHERE r.id = ${id}::uuid AND r.purpose <> 'back-test'`);
  if (!row) throw noSuchRun(id);
  if (!maySeeRun(row, actor, access)) throw foreign(noSuchRun(id));
  return row;
}

/** The same words as for what is not there; only the trail tells. */
const foreign = (err: AppError): AppError =>
  new AppError("not_found", err.message, {
    publicMessage: err.publicMessage,
    isForeign: true,
    ...(err.entity ? { entity: err.entity } : {}),
  });

type RawPatrol = Omit<PatrolRow, "trigger" | "lastRun"> & { trigger: unknown; createdBy: string; createdAt: Date };

const patrolColumns = {
  id: true,
  name: true,
  selector: true,
  checkIds: true,
  trigger: true,
  jitterMs: true,
  isEnabled: true,
  nextAt: true,
  createdBy: true,
  createdByName: true,
  createdAt: true,
  updatedAt: true,
} as const;

export const allPatrols = (db: Db): Promise<RawPatrol[]> =>
  db.patrol.findMany({ orderBy: { name: "asc" }, take: 1_000, select: patrolColumns });

/** A patrol that the actor may see. @throws AppError("not_found") */
export async function visiblePatrol(db: Db, id: string, actor: Actor, access: Permission): Promise<RawPatrol> {
  const row = await db.patrol.findUnique({ where: { id }, select: patrolColumns });
  if (!row) throw noSuchPatrol(id);
  if (!maySeePatrol(row, actor, access)) throw foreign(noSuchPatrol(id));
  return row;
}

export function toPatrolRow({ createdBy, createdAt, ...raw }: RawPatrol, lastRun: RunRow | null): PatrolRow {
  const trigger = Trigger.safeParse(raw.trigger);
  return { ...raw, trigger: trigger.success ? trigger.data : { type: "manual" }, lastRun };
}
