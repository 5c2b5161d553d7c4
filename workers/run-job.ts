// Around every job: parse, time, count, one wide log line, and which failures are worth another try.
import { UnrecoverableError } from "bullmq";
import { AppError, toAppError } from "../server/core/errors.ts";
import { timed } from "../server/core/metrics.ts";
import type { Summary, WorkerContext } from "./context.ts";
import { boundJob } from "./registry.ts";

/** What we read of a BullMQ job. */
export type RawJob = {
  name: string;
  id?: string | undefined;
  data: unknown;
  attemptsMade: number;
  timestamp: number;
};

async function withTimeout<T>(name: string, ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new AppError("unavailable", `${name} took longer than ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Runs one job. @throws UnrecoverableError when another try cannot help, else the error itself: BullMQ tries again */
export async function runJob(raw: RawJob, ctx: WorkerContext): Promise<Summary> {
  const startedAt = performance.now();
  const line = {
    job: raw.name,
    id: raw.id,
    attempt: raw.attemptsMade + 1,
    ageMs: Math.max(0, Date.now() - raw.timestamp),
  };
  const ms = () => Math.round(performance.now() - startedAt);
  try {
    const bound = boundJob(raw.name);
    if (!bound) throw new AppError("invalid", `no handler for ${raw.name}`);
    const parsed = bound.job.payload.safeParse(raw.data);
    if (!parsed.success)
      throw new AppError("invalid", `${raw.name}: bad payload: ${parsed.error.issues[0]?.message ?? "?"}`);
    const { isIdle, ...summary } = await timed("job", raw.name, () =>
      withTimeout(raw.name, bound.job.timeoutMs, bound.handle(parsed.data, ctx)),
    );
    ctx.log[isIdle ? "debug" : "info"]({ ...line, ms: ms(), ...summary }, "job done");
    return summary;
  } catch (err) {
    const app = toAppError(err);
    ctx.log.error({ ...line, ms: ms(), err: app, retry: app.retry }, "job failed");
    throw app.retry ? err : new UnrecoverableError(app.message);
  }
}
