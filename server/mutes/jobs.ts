// Job of the mutes: brings findings in line with the mutes that hold now. Enqueued by whoever changed one; the schedule sees to those that expire.
import { z } from "zod";
import { defineJob } from "../core/jobs.ts";

export const settleMutesJob = defineJob({
  name: "mutes.settle",
  queue: "inspections",
  payload: z.object({}),
  attempts: 3,
  backoffMs: 1_000,
  timeoutMs: 60_000,
  everyMs: 5_000,
});
