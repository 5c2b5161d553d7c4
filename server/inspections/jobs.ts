// Jobs of the inspections: look at some nodes now; and the sweep that finds nodes where time alone changes something.
import { createHash } from "node:crypto";
import { z } from "zod";
import { defineJob } from "../core/jobs.ts";

/** Ids in batches; callers split longer lists. */
export const INSPECT_BATCH_MAX = 500;

/** Evaluates all checks on these nodes. Enqueued by whoever stored new facts; evaluating twice does no harm. */
export const inspectNodes = defineJob({
  name: "inspections.inspect-nodes",
  queue: "inspections",
  payload: z.object({ nodeIds: z.array(z.uuid()).min(1).max(INSPECT_BATCH_MAX) }),
  dedupe: ({ nodeIds }) =>
    createHash("sha256")
      .update([...nodeIds].sort().join())
      .digest("hex")
      .slice(0, 32),
  attempts: 5,
  backoffMs: 1_000,
  timeoutMs: 30_000,
});

/** Finds nodes that are due without a new fact: debounce and clear times, facts gone stale, lost sessions, the regular patrol. */
export const sweepInspections = defineJob({
  name: "inspections.sweep",
  queue: "inspections",
  payload: z.object({}),
  attempts: 1,
  backoffMs: 1_000,
  timeoutMs: 20_000,
  everyMs: 5_000,
});
