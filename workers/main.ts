// The workers process: evaluates checks and advances repairs; it queues commands, the dispatcher signs them. Any number of them may run; one that dies is made up for within seconds.
import { setTimeout as delay } from "node:timers/promises";
import { startBeat } from "../server/core/beat.ts";
import { openDatabase } from "../server/core/db.ts";
import { readEnv } from "../server/core/env.ts";
import { startHealthServer } from "../server/core/health.ts";
import { type QueueName, queueNames } from "../server/core/jobs.ts";
import { createLogger } from "../server/core/log.ts";
import { collectProcessMetrics, registry } from "../server/core/metrics.ts";
import { openQueues } from "../server/core/queue.ts";
import { VERSION } from "../server/core/version.ts";
import type { WorkerContext } from "./context.ts";
import { startQueueWorker } from "./queue-worker.ts";
import { jobs } from "./registry.ts";
import { runJob } from "./run-job.ts";

/** Jobs of a queue that run side by side in one process. */
const concurrency: Record<QueueName, number> = { inspections: 2, repairs: 2, gates: 4, housekeeping: 1 };
/** Jobs that run get this long to end after SIGTERM, ms; what is cut off runs again elsewhere. */
const DRAIN_MS = 10_000;
/** The schedules are written again this often, ms: a backend that lost them gets them back. */
const RESCHEDULE_MS = 60_000;
/** The same backend error is logged this often at most, ms. */
const REPEAT_MS = 10_000;

const env = readEnv();
const log = createLogger("workers", env.LOG_LEVEL);
const settings = { databaseUrl: env.DATABASE_URL, redisUrl: env.REDIS_URL };

collectProcessMetrics("workers");
const database = openDatabase(env.DATABASE_URL, { name: "workers", poolMax: 8 });
const queues = openQueues(settings);
const ctx: WorkerContext = { db: database.prisma, pool: database.pool, queues, now: () => new Date(), log };

const lastLogged = new Map<string, number>();
/** Logs a backend error, but not once per attempt while the database is away. */
function onError(what: string, err: unknown): void {
  const message = err instanceof Error ? err.message || err.name : String(err);
  const about = `${what}: ${message}`;
  const now = Date.now();
  if (now - (lastLogged.get(about) ?? 0) < REPEAT_MS) return;
  lastLogged.set(about, now);
  log.warn({ what, err: message }, "backend error");
}

const used = queueNames.filter((queue) => jobs.some((job) => job.queue === queue));
const workers = used.map((queue) =>
  startQueueWorker({
    queue,
    settings,
    concurrency: concurrency[queue],
    run: (job) => runJob(job, ctx),
    onError: (err) => onError(`queue ${queue}`, err),
  }),
);

let isStopping = false;
async function schedule(): Promise<void> {
  for (const queue of used) await queues.schedule(queue, jobs);
}
async function keepScheduled(): Promise<void> {
  while (!isStopping) {
    const isDone = await schedule().then(
      () => true,
      (err: unknown) => onError("schedules", err),
    );
    await delay(isDone ? RESCHEDULE_MS : 1_000, undefined, { ref: false });
  }
}
void keepScheduled();

const health = await startHealthServer({
  port: env.HEALTH_PORT ?? 0,
  registry,
  checks: {
    database: async () => {
      await database.pool.query("SELECT 1");
      return null;
    },
    queues: async () => {
      const missing = workers.filter((worker) => !worker.isReady()).map(({ queue }) => queue);
      return missing.length > 0 ? `not connected: ${missing.join(", ")}` : null;
    },
  },
}).catch((err: unknown): never => {
  log.fatal(
    { err: err instanceof Error ? err.message : String(err), port: env.HEALTH_PORT },
    "health server could not start",
  );
  process.exit(1);
});
const beat = startBeat(
  database.pool,
  {
    name: "workers",
    version: VERSION,
    detail: () => ({ healthPort: health.port, backend: env.REDIS_URL ? "redis" : "postgres" }),
  },
  (err) => onError("beat", err),
);
log.info({ healthPort: health.port, queues: used, backend: env.REDIS_URL ? "redis" : "postgres" }, "workers started");

/** In order: take no new job, let those that run end, then close what they used. */
async function stop(signal: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  log.info({ signal }, "workers stopping");
  beat.stop();
  await Promise.race([Promise.allSettled(workers.map((worker) => worker.close())), delay(DRAIN_MS)]);
  await Promise.race([queues.close(), delay(2_000)]);
  await health.close();
  await Promise.race([database.close(), delay(2_000)]);
  log.info("workers stopped");
  process.exit(0);
}
process.on("SIGTERM", () => void stop("SIGTERM"));
process.on("SIGINT", () => void stop("SIGINT"));
