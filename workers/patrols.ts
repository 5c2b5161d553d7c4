// Handlers of the patrol jobs.
import type { z } from "zod";
import { runBackTests } from "../server/back-test/jobs.ts";
import { dueBackTests } from "../server/back-test/run.ts";
import { advanceRun } from "../server/patrols/advance-run.ts";
import { advanceRuns } from "../server/patrols/jobs.ts";
import { noteStateChanges } from "../server/patrols/on-change.ts";
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
      // One that fails says so in its row and is tried again later; the others go on.
      const state = await advanceRun(ctx.db, id, ctx.now).catch((err: unknown) => {
        ctx.log.warn({ err, runId: id }, "a patrol's batch failed");
        return "waiting" as const;
      });
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
  await noteStateChanges(ctx.db, ctx.now());
  const isIdle = due.length + backTests.length + started.started + started.skipped + started.failed === 0;
  return { ...started, due: due.length, backTests: backTests.length, isIdle };
}
