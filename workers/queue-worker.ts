// One BullMQ worker for one queue, on whichever backend; opened again and again until the backend is there.
import { setTimeout as delay } from "node:timers/promises";
import { createPostgresBackend, Worker as RedisWorker, withBackend } from "bullmq";
import type { QueueName } from "../server/core/jobs.ts";
import { postgresConnection, type QueueSettings, redisOptions } from "../server/core/queue.ts";
import type { RawJob } from "./run-job.ts";

const PostgresWorker = withBackend(createPostgresBackend).Worker;

/** A worker that died holds its jobs this long, ms; jobs are safe to run twice, so a slow one that loses its lock does no harm. */
const LOCK_MS = 5_000;
/** How often lost locks are looked for, ms: LOCK_MS + this is how long work rests after a kill -9. */
const STALLED_CHECK_MS = 2_000;
const REOPEN_MS = 1_000;

const common = {
  lockDuration: LOCK_MS,
  stalledInterval: STALLED_CHECK_MS,
  // Jobs are idempotent: however often their worker dies, they are to be done.
  maxStalledCount: 100,
  runRetryDelay: 1_000,
  drainDelay: 5,
};

type Handle = {
  waitUntilReady: () => Promise<unknown>;
  close: (force?: boolean) => Promise<void>;
  isRunning: () => boolean;
};

export type QueueWorker = { queue: QueueName; isReady: () => boolean; close: () => Promise<void> };

/**
 * @param run one job; what it throws is the job's failure
 * @param onError errors of the backend; the worker goes on by itself
 */
export function startQueueWorker(options: {
  queue: QueueName;
  settings: QueueSettings;
  concurrency: number;
  run: (job: RawJob) => Promise<unknown>;
  onError: (err: Error) => void;
}): QueueWorker {
  const { queue, settings, concurrency, run, onError } = options;
  let current: Handle | null = null;
  let isReady = false;
  let isClosed = false;

  function open(): Handle {
    const worker = settings.redisUrl
      ? new RedisWorker(queue, run, { ...common, concurrency, ...redisOptions(settings.redisUrl, null) })
      : new PostgresWorker(queue, run, {
          ...common,
          concurrency,
          connection: postgresConnection(settings.databaseUrl, 3),
        });
    worker.on("error", onError);
    return worker;
  }

  /** A worker whose first connection fails never recovers: it is thrown away and another one is opened. */
  async function keepOpen(): Promise<void> {
    while (!isClosed) {
      const worker = open();
      current = worker;
      try {
        await worker.waitUntilReady();
        isReady = true;
        return;
      } catch (err) {
        onError(err instanceof Error ? err : new Error(String(err)));
        await worker.close(true).catch(onError);
        await delay(REOPEN_MS);
      }
    }
  }
  const opening = keepOpen();

  return {
    queue,
    isReady: () => isReady && current?.isRunning() === true,
    /** Waits for jobs that run. */
    close: async () => {
      isClosed = true;
      await Promise.race([opening, delay(REOPEN_MS)]);
      await current?.close();
    },
  };
}
