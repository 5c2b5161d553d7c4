// Brings a run forward by one batch. The row is claimed by moving its due time, and what was done is written only where nobody else wrote:
// a late or repeated job finds nothing to do, and what a killed one had begun is looked at again.
import { z } from "zod";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { toPgJson } from "../agents/pg-json.ts";
import { publishChanges } from "../core/changes.ts";
import { toAppError } from "../core/errors.ts";
import { sql } from "../core/sql.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { inspect } from "../inspections/evaluate.ts";
import { surveyBatch } from "./batch.ts";
import { addBatch, emptyReport, notEvaluatedNote, readReport, UNKNOWN_MAX_RATIO, verdictOf } from "./report.ts";
import { offsetOf, readyCount } from "./schedule.ts";
import type { Report } from "./schema.ts";

/** Nodes of one batch. */
const BATCH_MAX = 500;
/** A batch is somebody's for so long, ms; after a kill the next sweep behind it goes on. A batch takes seconds. */
const LEASE_MS = 30_000;
/** A failed batch is tried again after so long, ms; for so long beyond the run's window, ms, then it has failed. */
const RETRY_MS = 15_000;
const GIVE_UP_MS = 3_600_000;
/** Between two batches of a run that is spread, ms: turns are gathered for so long. */
const GATHER_MS = 1_000;

type Advanced = "gone" | "waiting" | "running" | "done" | "cancelled";

type Claimed = {
  patrolId: string | null;
  purpose: string;
  checkIds: string[];
  total: number;
  done: number;
  next: string[];
  report: unknown;
  isCancelRequested: boolean;
  startedAt: Date;
};

const Settings = z
  .object({ settings: z.object({ jitterMs: z.number().catch(0), unknownMaxRatio: z.number().nullable().catch(null) }) })
  .catch({ settings: { jitterMs: 0, unknownMaxRatio: null } });

/** Does one batch. @returns "waiting" when somebody else has it or its turn has not come */
export async function advanceRun(db: PrismaClient, id: string, now: () => Date): Promise<Advanced> {
  const at = now();
  const [run] = await db.$queryRaw<Claimed[]>(sql`
    UPDATE patrol_run SET due_at = ${new Date(at.getTime() + LEASE_MS)}::timestamptz
    WHERE id = ${id}::uuid AND state = 'running' AND purpose <> 'back-test' AND (due_at <= ${at}::timestamptz OR is_cancel_requested)
    RETURNING patrol_id AS "patrolId", purpose, check_ids AS "checkIds", cardinality(node_ids) AS total, done,
      node_ids[done + 1 : done + ${BATCH_MAX}]::text[] AS next, report, is_cancel_requested AS "isCancelRequested", started_at AS "startedAt"`);
  if (!run) return (await db.patrolRun.count({ where: { id, state: "running" } })) > 0 ? "waiting" : "gone";
  if (run.isCancelRequested) return finish(db, id, run, "cancelled", now());
  const { jitterMs } = Settings.parse(run.report).settings;
  const elapsedMs = at.getTime() - run.startedAt.getTime();
  const batch = run.next.slice(0, readyCount(run.next, jitterMs, elapsedMs));
  let added = emptyReport();
  try {
    if (batch.length > 0) added = await lookAt(db, id, run, batch, now);
  } catch (err) {
    await giveUpOrWait(db, id, elapsedMs - jitterMs, err, now());
    throw err;
  }
  const report = addBatch(readReport(run.report), added);
  const done = run.done + batch.length;
  if (done >= run.total) return finish(db, id, { ...run, report, done }, "done", now());
  const nextId = run.next[batch.length];
  const turn = nextId === undefined ? 0 : run.startedAt.getTime() + offsetOf(nextId, jitterMs) + GATHER_MS;
  const dueAt = new Date(jitterMs > 0 ? Math.max(now().getTime(), turn) : now().getTime());
  const written = await db.$executeRaw(sql`
    UPDATE patrol_run SET done = ${done}, report = report || ${toPgJson(report)}::jsonb, due_at = ${dueAt}::timestamptz
    WHERE id = ${id}::uuid AND state = 'running' AND done = ${run.done}`);
  if (written > 0) await publishChanges(db, [{ domain: "patrols", ids: [id] }]);
  return jitterMs > 0 ? "waiting" : "running";
}

/** A batch that fails is tried again; a run that cannot end for too long is ended, and says why. */
async function giveUpOrWait(db: PrismaClient, id: string, overdueMs: number, err: unknown, at: Date): Promise<void> {
  const note = `a batch failed: ${toAppError(err).publicMessage}`;
  const isGivenUp = overdueMs > GIVE_UP_MS;
  await db.$executeRaw(sql`
    UPDATE patrol_run SET report = report || ${toPgJson({ note })}::jsonb, due_at = ${new Date(at.getTime() + RETRY_MS)}::timestamptz,
      state = ${isGivenUp ? "failed" : "running"}, ended_at = ${isGivenUp ? at : null}::timestamptz
    WHERE id = ${id}::uuid AND state = 'running'`);
}

/** Looks at the nodes and counts what stands on them afterwards. */
async function lookAt(db: PrismaClient, id: string, run: Claimed, batch: string[], now: () => Date): Promise<Report> {
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  const only = run.checkIds.length > 0 ? new Set(run.checkIds) : undefined;
  const missing = await notEvaluated(db, run);
  const inspected = await inspect(db, batch, now(), only ? { only } : {});
  const report = await surveyBatch(db, batch, { lastLook: await lastLooks(db, id, run), checkIds: run.checkIds });
  const { user, system } = process.cpuUsage(cpu);
  report.coverage = {
    ...report.coverage,
    asked: batch.length,
    looked: inspected.nodes,
    unchanged: inspected.nodes - inspected.looked,
    gone: batch.length - inspected.nodes,
  };
  for (const [checkId, { problems, unknown }] of inspected.byCheck) {
    if (problems > 0) report.problems[checkId] = problems;
    if (unknown > 0) report.unknown[checkId] = unknown;
  }
  if (missing.length > 0) {
    report.notEvaluated = missing;
    report.note = notEvaluatedNote(missing);
    report.unknownNodes = inspected.nodes;
    for (const checkId of missing) report.unknown[checkId] = inspected.nodes;
  }
  report.cost = {
    cpuMs: Math.round((user + system) / 1_000),
    wallMs: Math.round(performance.now() - wall),
    batches: 1,
  };
  return report;
}

/**
 * Of the asked checks those that this look does not evaluate; that is known only now, for checks come and go. Before a change those in shadow mode too:
 * whatever they find fails nothing.
 */
async function notEvaluated(db: PrismaClient, { checkIds, purpose }: Claimed): Promise<string[]> {
  if (checkIds.length === 0) return [];
  const { checks, shadow } = await activeChecks(db);
  const counts = new Set(checks.map(({ id }) => id));
  return checkIds.filter((id) => !counts.has(id) || (purpose === "pre-change" && shadow.has(id)));
}

/**
 * After when a finding counts as new: when the patrol's last whole run looked at the node. A run that was spread looked at it at its turn, another
 * one within seconds, by its end. Without such a run: the beginning of this one.
 */
async function lastLooks(
  db: PrismaClient,
  id: string,
  { patrolId, startedAt }: Claimed,
): Promise<(nodeId: string) => Date> {
  const previous =
    patrolId === null
      ? null
      : await db.patrolRun.findFirst({
          where: { patrolId, id: { not: id }, state: "done", startedAt: { lt: startedAt } },
          orderBy: { startedAt: "desc" },
          select: { startedAt: true, endedAt: true, report: true },
        });
  if (!previous) return () => new Date(startedAt.getTime() - 1);
  const { jitterMs } = Settings.parse(previous.report).settings;
  const begun = previous.startedAt.getTime();
  if (jitterMs > 0) return (nodeId) => new Date(begun + offsetOf(nodeId, jitterMs) + GATHER_MS);
  return () => previous.endedAt ?? previous.startedAt;
}

/** The ids go: a patrol of a large fleet every few minutes would pile them up. The report says how many there were. */
async function finish(
  db: PrismaClient,
  id: string,
  run: Claimed,
  state: "done" | "cancelled",
  at: Date,
): Promise<Advanced> {
  const report = readReport(run.report);
  report.coverage.asked = run.total;
  let verdict: string | null = null;
  if (run.purpose === "pre-change") {
    const ratio = Settings.parse(run.report).settings.unknownMaxRatio ?? UNKNOWN_MAX_RATIO;
    const judged = state === "done" ? verdictOf(report, ratio) : { verdict: "inconclusive", reason: "cancelled" };
    verdict = judged.verdict;
    report.note = judged.reason;
  }
  const written = await db.$executeRaw(sql`
    UPDATE patrol_run SET state = ${state}, done = ${run.done}, report = report || ${toPgJson(report)}::jsonb, verdict = ${verdict}::text,
      node_ids = '{}', ended_at = ${at}::timestamptz
    WHERE id = ${id}::uuid AND state = 'running'`);
  if (written > 0)
    await publishChanges(db, [{ domain: "patrols", ids: [id, ...(run.patrolId ? [run.patrolId] : [])] }]);
  return state;
}
