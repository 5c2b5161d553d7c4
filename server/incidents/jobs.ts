// Job of the incidents: shared causes are found, counted and closed; what may start by itself is started after that.
import { z } from "zod";
import { defineJob } from "../core/jobs.ts";

export const settleIncidentsJob = defineJob({
  name: "incidents.settle",
  queue: "repairs",
  payload: z.object({}),
  attempts: 1,
  backoffMs: 1_000,
  timeoutMs: 60_000,
  everyMs: 5_000,
});
