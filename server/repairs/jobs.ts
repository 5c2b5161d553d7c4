// Jobs of the repairs: bring some repairs forward now; and the sweep that makes up for lost jobs and watches the clock.
import { createHash } from "node:crypto";
import { z } from "zod";
import { defineJob } from "../core/jobs.ts";

/** Brings these repairs as far as they can go. Enqueued at start, at cancel and by the gateway when a command's state changed. */
export const advanceRepairs = defineJob({
  name: "repairs.advance",
  queue: "repairs",
  payload: z.object({ repairIds: z.array(z.uuid()).min(1).max(500) }),
  dedupe: ({ repairIds }) =>
    createHash("sha256")
      .update([...repairIds].sort().join())
      .digest("hex")
      .slice(0, 32),
  attempts: 5,
  backoffMs: 500,
  timeoutMs: 30_000,
});

/** Brings every repair forward that is not over: lost jobs, expiries, settle and verification times. */
export const sweepRepairs = defineJob({
  name: "repairs.sweep",
  queue: "repairs",
  payload: z.object({}),
  attempts: 1,
  backoffMs: 500,
  timeoutMs: 30_000,
  everyMs: 2_000,
});
