// A run that waits for approval, looked at now: enough signatures, the same plan, a free node? Asked by whoever approves and by every sweep.
import { planHashOf, undoRepairId } from "../../repairs/plan-hash.ts";
import { isEnough } from "../approvals/given.ts";
import { standingOf } from "../approvals/standing.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { sql } from "../core/sql.ts";
import { isFrozen } from "../freeze/frozen.ts";
import { beginSingle } from "../rollouts/single.ts";
import { isLook } from "./looks.ts";
import { isPassing, planRepair, planUndo } from "./plan.ts";
import { toPlan } from "./rows.ts";
import { type RunRow, rulesOf, runColumns, runOf, storeRun } from "./run-row.ts";
import type { RepairPreview } from "./schema.ts";
import { lockNode } from "./start.ts";
import { type Event, type Run, step } from "./step.ts";

const CHANGED = {
  en: "Not started: the node's state changed since, and the plan would be another one now. Look at it again.",
  zh: "未启动：此后节点状态已变化，计划也会不同。请重新查看。",
};

/** What happens to it now; null while too few have approved or the fleet is frozen. Takes the node's lock when it may start. */
export async function awaitingEvent(tx: Tx, row: RunRow, now: Date): Promise<Event | null> {
  const standing = await standingOf(tx, row, now);
  if (!standing || !isEnough(standing) || (await isFrozen(tx))) return null;
  // Such a run changes no state of the node that its plan was made for.
  if (isLook(row)) return storedHash(row) === row.planHash ? { type: "approved" } : { type: "rejected", why: CHANGED };
  // One repair at a time on a node: whoever starts one holds this lock, so that the unique key is never the one to say no.
  await lockNode(tx, row.nodeId);
  const preview = await planAgain(tx, row, now);
  if (!preview || preview.planHash !== row.planHash || storedHash(row) !== row.planHash)
    return { type: "rejected", why: CHANGED };
  if (preview.refusal && isPassing(preview)) return { type: "held", why: held(preview.refusal) };
  if (preview.refusal) return { type: "rejected", why: preview.refusal };
  if (!preview.canStart) return { type: "rejected", why: CHANGED };
  if (row.rolloutId === null) return { type: "approved" };
  const isAutomatic = row.origin === "auto" || row.origin === "approve";
  const sum = await beginSingle(tx, { rolloutId: row.rolloutId, runId: row.id, nodeId: row.nodeId, isAutomatic }, now);
  return sum ? { type: "held", why: held(sum) } : { type: "approved" };
}

/**
 * For verbs: locks a run that waits, lets `decide` say what happens to it, and stores that. Commands are left to the workers.
 * @returns what it is now; null when it does not wait (any more)
 */
export async function decideAwaiting(
  tx: Tx,
  id: string,
  now: Date,
  decide: (row: RunRow) => Promise<Event | null>,
): Promise<Run | null> {
  await tx.$queryRaw(sql`SELECT id FROM repair WHERE id = ${id}::uuid FOR UPDATE`);
  const row = await tx.repair.findUnique({ where: { id }, select: runColumns });
  if (row?.state !== "awaiting") return null;
  const before = runOf(row);
  const event = await decide(row);
  const { run } = event ? step(before, event, now.getTime(), rulesOf(row)) : { run: before };
  await storeRun(tx, row, before, run, now);
  return run;
}

async function planAgain(tx: Tx, row: RunRow, now: Date): Promise<RepairPreview | null> {
  try {
    if (row.undoOfId !== null) return await planUndo(tx, row.undoOfId, now, row.id);
    return row.findingId === null
      ? null
      : await planRepair(
          tx,
          { findingId: row.findingId, repairId: row.repairId, isOverridden: row.origin === "override" },
          now,
        );
  } catch (err) {
    if (err instanceof AppError && !err.retry) return null; // the finding, the node or the repair's entry is gone
    throw err;
  }
}

/** Hash of the plan as it lies in the row: an edit of either is an edit of what was approved. */
function storedHash({ nodeId, findingId, repairId, undoOfId, plan }: RunRow): string {
  const { guards: _guards, ...planned } = toPlan(plan);
  const id = undoOfId === null ? repairId : undoRepairId(undoOfId);
  return planHashOf({ nodeId, findingId, repairId: id, plan: planned });
}

const held = (why: { en: string; zh: string }) => ({
  en: `Approved, but not started yet: ${why.en}`,
  zh: `已批准，但尚未启动：${why.zh}`,
});
