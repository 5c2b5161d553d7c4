// Handlers of the housekeeping jobs.
import { pruneHistoryRows } from "../server/housekeeping/prune.ts";
import type { Summary, WorkerContext } from "./context.ts";

export async function handlePruneHistory(_payload: unknown, ctx: WorkerContext): Promise<Summary> {
  const deleted = await pruneHistoryRows(ctx.db, ctx.now());
  return { deleted, isIdle: Object.keys(deleted).length === 0 };
}
