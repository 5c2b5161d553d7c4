// Handlers of the rollout jobs.
import type { z } from "zod";
import { sweepLeases } from "../server/budget/sweep.ts";
import { advanceRollout } from "../server/rollouts/advance.ts";
import { answerGate } from "../server/rollouts/answer-gate.ts";
import type { advanceRollouts, askGates } from "../server/rollouts/jobs.ts";
import { dueRollouts } from "../server/rollouts/sweep.ts";
import type { Summary, WorkerContext } from "./context.ts";

export async function handleAdvanceRollouts(
  { rolloutIds }: z.output<typeof advanceRollouts.payload>,
  ctx: WorkerContext,
): Promise<Summary> {
  return advanceThem(rolloutIds, ctx);
}

export async function handleSweepRollouts(_payload: unknown, ctx: WorkerContext): Promise<Summary> {
  const leases = await sweepLeases(ctx.db, ctx.now());
  const due = await dueRollouts(ctx.db, ctx.now());
  const isIdle = due.length + leases.ended + leases.granted === 0;
  return { ...(await advanceThem(due, ctx)), ...leases, isIdle };
}

export async function handleAskGates(
  { rolloutId }: z.output<typeof askGates.payload>,
  ctx: WorkerContext,
): Promise<Summary> {
  const phase = await answerGate(ctx.db, rolloutId, ctx.now);
  return { hasOpened: phase !== null, isIdle: phase === null };
}

/** One after the other: each may hold the locks of several pools. One that cannot go on stops no other. */
async function advanceThem(ids: readonly string[], ctx: WorkerContext): Promise<Summary> {
  const phases: Record<string, number> = {};
  const failures: unknown[] = [];
  for (const id of ids) {
    try {
      const phase = (await advanceRollout(ctx.db, id, ctx.now)) ?? "gone";
      phases[phase] = (phases[phase] ?? 0) + 1;
    } catch (err) {
      ctx.log.error({ err, rolloutId: id }, "a rollout could not be brought forward");
      failures.push(err);
    }
  }
  if (failures.length > 0) throw failures[0];
  return { rollouts: ids.length, ...phases };
}
