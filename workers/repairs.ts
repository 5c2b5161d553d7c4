// Handlers of the repair jobs.
import type { z } from "zod";
import { stopCommands } from "../server/freeze/stop-commands.ts";
import { advanceRepair } from "../server/repairs/advance.ts";
import type { advanceRepairs } from "../server/repairs/jobs.ts";
import { activeRepairs } from "../server/repairs/sweep.ts";
import { advanceRollouts } from "../server/rollouts/jobs.ts";
import { rolloutsOfEnded } from "../server/rollouts/sweep.ts";
import { tidyShells } from "../server/shells/tidy.ts";
import type { Summary, WorkerContext } from "./context.ts";

/** Repairs brought forward side by side: each takes a database connection for a few ms. */
const AT_ONCE = 4;

export async function handleAdvanceRepairs(
  { repairIds }: z.output<typeof advanceRepairs.payload>,
  ctx: WorkerContext,
): Promise<Summary> {
  return advanceAll(repairIds, ctx);
}

export async function handleSweepRepairs(_payload: unknown, ctx: WorkerContext): Promise<Summary> {
  await stopCommands(ctx.db, ctx.now());
  await tidyShells(ctx.db, ctx.now());
  const active = await activeRepairs(ctx.db, ctx.now());
  if (active.length === 0) return { repairs: 0, isIdle: true };
  return { ...(await advanceAll(active, ctx)), isIdle: true };
}

/** One repair that cannot go on stops no other; the error is thrown at the end so that the job is tried again. */
export async function advanceAll(repairIds: string[], ctx: WorkerContext): Promise<Summary> {
  const waiting = [...repairIds];
  const states: Record<string, number> = {};
  const failures: unknown[] = [];
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      try {
        const state = (await advanceRepair(ctx.db, id, ctx.now)) ?? "gone";
        states[state] = (states[state] ?? 0) + 1;
      } catch (err) {
        ctx.log.error({ err, repairId: id }, "a repair could not be brought forward");
        failures.push(err);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const moved = await rolloutsOfEnded(ctx.db, repairIds);
  if (moved.length > 0)
    await ctx.queues.addBulk(
      advanceRollouts,
      moved.map((id) => ({ rolloutIds: [id] })),
    );
  if (failures.length > 0) throw failures[0];
  return { repairs: repairIds.length, ...states };
}
