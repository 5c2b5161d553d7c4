// Jobs of the patrols: bring runs forward batch by batch, and the sweep that starts what is due and finds what was left behind.
import { z } from "zod";
import { defineJob } from "../core/jobs.ts";

/** Brings these runs forward by a batch or some; whoever claims a run first does, the others find nothing to do. */
export const advanceRuns = defineJob({
  name: "patrols.advance",
  queue: "inspections",
  payload: z.object({ runIds: z.array(z.uuid()).min(1).max(20) }),
  attempts: 1,
  backoffMs: 1_000,
  timeoutMs: 60_000,
});

/** Starts due patrols and brings forward every run that is due. */
export const sweepPatrols = defineJob({
  name: "patrols.sweep",
  queue: "inspections",
  payload: z.object({}),
  attempts: 1,
  backoffMs: 1_000,
  timeoutMs: 60_000,
  everyMs: 2_000,
});
