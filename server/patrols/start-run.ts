// Begins a look: one row with its nodes in the order of their turns. The workers do the rest.
import { v7 as uuidv7 } from "uuid";
import { checkById } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type FactKind, factKinds } from "../../protocol/facts.ts";
import { toPgJson } from "../agents/pg-json.ts";
import { COLLECT_CHANNEL, publishChanges } from "../core/changes.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { emptyReport } from "./report.ts";
import { inTurn } from "./schedule.ts";
import type { Purpose } from "./schema.ts";

/** Agents of so many nodes are asked to look again before an on-demand look; more would be asked for what they send by themselves within a minute. */
const COLLECT_MAX = 2_000;
/** They get so long, ms: the slowest probe has a deadline of 2 s. */
const COLLECT_WAIT_MS = 4_000;

/** Who asks when a patrol runs by itself. */
export const OURSELVES = { ref: "system:workers", name: "workers" };

export type NewRun = {
  patrolId: string | null;
  purpose: Purpose;
  selector: string;
  /** Texts of the parts of the fleet that it was narrowed to; left out or null: to none. */
  parts?: readonly string[] | null;
  checkIds: readonly string[];
  nodeIds: readonly string[];
  /** Nodes are spread over this long, ms. */
  jitterMs: number;
  by: { ref: string; name: string };
  /** Share of nodes that may be unknown; for a look before a change. */
  unknownMaxRatio?: number | undefined;
  /** It begins so much later, ms, and takes in more nodes until then. */
  gatherMs?: number;
};

/** What a run carries along, in its report under `settings`. */
type RunSettings = {
  jitterMs: number;
  unknownMaxRatio: number | null;
  parts: readonly string[] | null;
  /** Epoch ms; null: its nodes are fixed. */
  gathersUntil: number | null;
};

/** Facts that these checks read; those of a check that is not built in are not known here: then all. */
function kindsOf(checkIds: readonly string[]): readonly FactKind[] {
  const needs = checkIds.map((id) => checkById(id)?.needs);
  return needs.length === 0 || needs.includes(undefined) ? factKinds : [...new Set(needs.flatMap((one) => one ?? []))];
}

/** A row for a look that did not come about, with the reason. */
export async function noteNoRun(
  tx: PrismaClient | Tx,
  patrol: { id: string; selector: string; checkIds: readonly string[] },
  { state, note }: { state: "skipped" | "failed"; note: string },
  now: Date,
): Promise<void> {
  await tx.$executeRaw(sql`
    INSERT INTO patrol_run (id, patrol_id, purpose, selector, check_ids, state, node_ids, report, requested_by, requested_by_name, started_at, due_at, ended_at)
    VALUES (${uuidv7()}::uuid, ${patrol.id}::uuid, 'patrol', ${patrol.selector}, ${[...patrol.checkIds]}::text[], ${state}, '{}',
      ${toPgJson({ ...emptyReport(), note })}::jsonb, ${OURSELVES.ref}, ${OURSELVES.name}, ${now}::timestamptz, ${now}::timestamptz, ${now}::timestamptz)`);
  await publishChanges(tx, [{ domain: "patrols", ids: [patrol.id] }]);
}

/** @returns the run's id */
export async function startRun(tx: PrismaClient | Tx, run: NewRun, now: Date): Promise<string> {
  const id = uuidv7();
  const isAsking = run.purpose !== "patrol" && run.nodeIds.length <= COLLECT_MAX;
  const { jitterMs, unknownMaxRatio = null, parts = null, gatherMs } = run;
  const gathersUntil = gatherMs === undefined ? null : now.getTime() + gatherMs;
  const settings: RunSettings = { jitterMs, unknownMaxRatio, parts, gathersUntil };
  const report = { ...emptyReport(), settings };
  await tx.$executeRaw(sql`
    INSERT INTO patrol_run (id, patrol_id, purpose, selector, check_ids, state, node_ids, report, requested_by, requested_by_name, started_at, due_at)
    VALUES (${id}::uuid, ${run.patrolId}::uuid, ${run.purpose}, ${run.selector}, ${[...run.checkIds]}::text[], 'running',
      ${inTurn(run.nodeIds, run.jitterMs)}::uuid[], ${toPgJson(report)}::jsonb, ${run.by.ref}, ${run.by.name}, ${now}::timestamptz,
      ${new Date(now.getTime() + (isAsking ? COLLECT_WAIT_MS : (gatherMs ?? 0)))}::timestamptz)`);
  if (isAsking && run.nodeIds.length > 0)
    await tx.$executeRaw(sql`
      SELECT pg_notify(${COLLECT_CHANNEL}, json_build_object('nodeId', id, 'kinds', ${JSON.stringify(kindsOf(run.checkIds))}::json)::text)
      FROM unnest(${[...run.nodeIds]}::text[]) AS id`);
  await publishChanges(tx, [{ domain: "patrols", ids: [id, ...(run.patrolId ? [run.patrolId] : [])] }]);
  return id;
}
