// What kinds of facts are built from. Sizes in bytes, ratios 0–1, instants in epoch ms.
import { z } from "zod";

export const Instant = z.number();
export const Count = z.number().int().nonnegative();
export const Bytes = z.number().nonnegative();
export const Pid = z.number().int().nonnegative();

/** A process that can be told apart from a later one with the same pid: pid + start time in clock ticks (/proc/PID/stat field 22). */
export const ProcessRef = z.object({ pid: Pid, startTicks: z.number() });
export type ProcessRef = z.infer<typeof ProcessRef>;

/** Result of asking a runtime something small (CRI Version, Docker _ping) with a deadline. */
export const Probe = z.object({
  ok: z.boolean(),
  latencyMs: z.number(),
  /** gRPC or HTTP status as text, e.g. "DEADLINE_EXCEEDED", "ECONNREFUSED"; null when ok. */
  code: z.string().nullable(),
  error: z.string().nullable(),
  failingSince: Instant.nullable(),
  /** Consecutive failures. */
  failures: Count,
});
export type Probe = z.infer<typeof Probe>;
