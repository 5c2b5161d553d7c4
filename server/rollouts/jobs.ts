// Jobs of the rollouts: bring some forward now; and the sweep that makes up for lost jobs and watches the clock.
import { createHash } from "node:crypto";
import { z } from "zod";
import { defineJob } from "../core/jobs.ts";

/** Brings these rollouts as far as they can go. Enqueued by verbs and when one of their runs has ended. */
export const advanceRollouts = defineJob({
  name: "rollouts.advance",
  queue: "repairs",
  payload: z.object({ rolloutIds: z.array(z.uuid()).min(1).max(100) }),
  dedupe: ({ rolloutIds }) =>
    createHash("sha256")
      .update([...rolloutIds].sort().join())
      .digest("hex")
      .slice(0, 32),
  attempts: 5,
  backoffMs: 500,
  timeoutMs: 60_000,
});

/** Asks the program that this rollout waits for. A queue of its own: one that does not answer keeps nobody else waiting. */
export const askGates = defineJob({
  name: "rollouts.ask-gates",
  queue: "gates",
  payload: z.object({ rolloutId: z.uuid() }),
  dedupe: ({ rolloutId }) => rolloutId.replaceAll("-", ""),
  attempts: 1,
  backoffMs: 500,
  timeoutMs: 30_000,
});

/** Every rollout that is due, leases that are over, and who waits for one. */
export const sweepRollouts = defineJob({
  name: "rollouts.sweep",
  queue: "repairs",
  payload: z.object({}),
  attempts: 1,
  backoffMs: 500,
  timeoutMs: 60_000,
  everyMs: 2_000,
});
