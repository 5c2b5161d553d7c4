// Job definitions: name, queue, payload schema, retry. Handlers live in workers/registry.ts; enqueuing code needs only this.
import type { z } from "zod";

/** Queues by resource, not by feature. */
export const queueNames = ["inspections", "repairs", "gates", "housekeeping"] as const;
export type QueueName = (typeof queueNames)[number];

export type JobDefinition<Name extends string = string, P extends z.ZodType = z.ZodType> = {
  name: Name;
  queue: QueueName;
  /** Ids only, in batches; state is read from the database. */
  payload: P;
  /** Jobs with the same key that still wait are one (BullMQ deduplication id; no ":" in it). */
  dedupe?: (payload: z.output<P>) => string;
  attempts: number;
  backoffMs: number;
  timeoutMs: number;
  /** Runs by itself this often, ms. */
  everyMs?: number;
};

export function defineJob<const Name extends string, P extends z.ZodType>(
  definition: JobDefinition<Name, P>,
): JobDefinition<Name, P> {
  return definition;
}
