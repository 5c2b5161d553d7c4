// Handler of the back-test job.
import type { z } from "zod";
import type { runBackTests } from "../server/back-test/jobs.ts";
import { runBackTest } from "../server/back-test/run.ts";
import type { Summary, WorkerContext } from "./context.ts";

export async function handleRunBackTests(
  { runIds }: z.output<typeof runBackTests.payload>,
  ctx: WorkerContext,
): Promise<Summary> {
  const states: Record<string, number> = {};
  for (const id of runIds) {
    const state = await runBackTest(ctx.db, ctx.pool, id, ctx.now);
    states[state] = (states[state] ?? 0) + 1;
  }
  return { backTests: runIds.length, ...states };
}
