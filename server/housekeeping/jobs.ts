// Jobs that keep the database small.
import { z } from "zod";
import { defineJob } from "../core/jobs.ts";

/** Deletes history past its time, a bounded number of rows a run. */
export const pruneHistory = defineJob({
  name: "housekeeping.prune",
  queue: "housekeeping",
  payload: z.object({}),
  attempts: 1,
  backoffMs: 5_000,
  timeoutMs: 120_000,
  everyMs: 600_000,
});
