// Job of the back-tests over a whole selection: long, but one at a time, beside what keeps the database small.
import { z } from "zod";
import { defineJob } from "../core/jobs.ts";

/** Runs these back-tests one after another; whoever claims one does it. */
export const runBackTests = defineJob({
  name: "checks.back-test",
  queue: "housekeeping",
  payload: z.object({ runIds: z.array(z.uuid()).min(1).max(10) }),
  attempts: 1,
  backoffMs: 1_000,
  timeoutMs: 150_000,
});
