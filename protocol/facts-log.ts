// Facts from logs: lines that a rule of log-rules/ recognised.
import { z } from "zod";
import { Count, Instant } from "./facts-base.ts";

/** What the lines of one rule amount to for one subject. At most 5 lines of 500 characters; `recent` holds the times of the last 20 occurrences. */
export const LogMatchFact = z.object({
  rule: z.string(),
  /** Who wrote it: kernel, runtime, kubelet … */
  source: z.string(),
  subject: z.string(),
  count: Count,
  firstAt: Instant,
  lastAt: Instant,
  recent: z.array(Instant).max(20),
  /** A line said that it is over, and none since that it is not. */
  isCleared: z.boolean(),
  clearedAt: Instant.nullable(),
  lines: z.array(z.string().max(500)).max(5),
  captures: z.record(z.string(), z.string()),
});

/** Most recent first. In a network or process namespace the kernel log is that of the whole machine. */
export const LogMatchesFact = z.object({
  /** Whose lines are read here; of others nothing can be said. */
  reads: z.array(z.string()),
  matches: z.array(LogMatchFact).max(100),
});

export const logFacts = { logMatches: LogMatchesFact } as const;
