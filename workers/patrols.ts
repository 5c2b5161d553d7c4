// Handlers of the patrol jobs.
import type { z } from "zod";
import { runBackTests } from "../server/back-test/jobs.ts";
import { dueBackTests } from "../server/back-test/run.ts";
import { advanceRun } from "../server/patrols/advance-run.ts";
import { advanceRuns } from "../server/patrols/jobs.ts";
import { dueRuns, startDue } from "../server/patrols/sweep.ts";
import type { Summary, WorkerContext } from "./context.ts";

/** One job goes on for so long, ms, then hands over: others of the queue have their turn in between. */
const SLICE_MS = 10_000;

export async function handleAdvanceRuns(
  { runIds }: z.output<typeof advanceRuns.payload>,
  ctx: WorkerContext,
): Promise<Summary> {
  const until = performance.now() + SLICE_MS;
  const left = new Set(runIds);
  let batches = 0;
  while (left.size > 0 && performance.now() < until) {
    for (const id of left) {
      const state = await advanceRun(ctx.db, id, ctx.now);
      if (state !== "running") left.delete(id);
      else batches += 1;
    }
  }
  if (left.size > 0) await ctx.queues.enqueue(advanceRuns, { runIds: [...left] });
  return { runs: runIds.length, batches };
}

export async function handleSweepPatrols(_payload: unknown, ctx: WorkerContext): Promise<Summary> {
  const started = await startDue(ctx.db, ctx.now());
  const due = await dueRuns(ctx.db, ctx.now());
  if (due.length > 0) await ctx.queues.enqueue(advanceRuns, { runIds: due });
  const backTests = await dueBackTests(ctx.db, ctx.now());
  if (backTests.length > 0) await ctx.queues.enqueue(runBackTests, { runIds: backTests });
  const isIdle = due.length + backTests.length + started.started + started.skipped === 0;
  return { ...started, due: due.length, backTests: backTests.length, isIdle };
}
