// Queues: BullMQ on PostgreSQL by default, on Redis by REDIS_URL; the same code for both. Delivery only – the truth is in the domain's tables.
import { createPostgresBackend, Queue as RedisQueue, withBackend } from "bullmq";
import type { z } from "zod";
import { AppError } from "./errors.ts";
import type { JobDefinition, QueueName } from "./jobs.ts";

const PostgresQueue = withBackend(createPostgresBackend).Queue;
type PostgresQueue = InstanceType<typeof PostgresQueue>;

/** Where the queues live. */
export type QueueSettings = { databaseUrl: string; redisUrl?: string | undefined };
export type EnqueueOptions = { delayMs?: number };

/** Schema of the queue's own tables in the database (made by migrate.ts). */
const QUEUE_SCHEMA = "bullmq";
const REDIS_PREFIX = "nodeops";
/** An enqueuing caller waits this long at most, ms; a sweep makes up for what was not enqueued. */
const ENQUEUE_TIMEOUT_MS = 5_000;
/** A schedule whose next run is this much overdue, ms, has lost it and is written anew. */
const SCHEDULE_LATE_MS = 30_000;
/** Finished jobs say nothing that the tables do not: a few are kept for a look. */
const keepDone = { age: 3_600, count: 200 };
const keepFailed = { age: 7 * 86_400, count: 1_000 };

/** Connection of the PostgreSQL backend. `max` counts pooled connections beside the worker's own LISTEN connection. */
export const postgresConnection = (databaseUrl: string, max: number) => ({
  connectionString: databaseUrl,
  schema: QUEUE_SCHEMA,
  max,
  keepAlive: true,
  connectionTimeoutMillis: 5_000,
  application_name: "nodeops-queue",
});

/** Connection of the Redis backend. Workers wait for ever, callers of `enqueue` give up after a few tries. */
export const redisOptions = (redisUrl: string, retries: number | null) => ({
  prefix: REDIS_PREFIX,
  connection: { url: redisUrl, maxRetriesPerRequest: retries, connectTimeout: 5_000 },
});

type Entry = { name: string; data: unknown; opts: Record<string, unknown> };

/** What we use of a queue, whichever backend it has. */
type Handle = {
  addBulk: (entries: Entry[]) => Promise<unknown>;
  upsertJobScheduler: (id: string, everyMs: number, template: Entry) => Promise<unknown>;
  removeJobScheduler: (id: string) => Promise<unknown>;
  schedulers: () => Promise<{ id: string; everyMs: number; nextAt: number }[]>;
  counts: () => Promise<Record<string, number>>;
  close: () => Promise<void>;
};

function handleOf(queue: PostgresQueue | RedisQueue): Handle {
  return {
    addBulk: (entries) => queue.addBulk(entries),
    upsertJobScheduler: (id, every, { name, data, opts }) =>
      queue.upsertJobScheduler(id, { every }, { name, data, opts }),
    removeJobScheduler: (id) => queue.removeJobScheduler(id),
    schedulers: async () =>
      (await queue.getJobSchedulers()).map(({ key, every, next }) => ({
        id: key,
        everyMs: Number(every),
        nextAt: Number(next),
      })),
    counts: () => queue.getJobCounts("wait", "active", "delayed", "failed"),
    close: () => queue.close(),
  };
}

function openQueue(name: QueueName, { databaseUrl, redisUrl }: QueueSettings): Handle {
  const queue = redisUrl
    ? new RedisQueue(name, redisOptions(redisUrl, 2))
    : new PostgresQueue(name, { connection: postgresConnection(databaseUrl, 2) });
  // Calls that fail say so themselves; without a listener the event would end the process.
  queue.on("error", () => undefined);
  return handleOf(queue);
}

function entryOf(job: JobDefinition, payload: unknown, options: EnqueueOptions = {}): Entry {
  const id = job.dedupe?.(payload);
  return {
    name: job.name,
    data: payload,
    opts: {
      attempts: job.attempts,
      backoff: { type: "exponential", delay: job.backoffMs },
      removeOnComplete: keepDone,
      removeOnFail: keepFailed,
      ...(options.delayMs ? { delay: options.delayMs } : {}),
      // One runs, one more waits: what arrives while it runs is looked at afterwards.
      ...(id ? { deduplication: { id: `${job.name}-${id}`, keepLastIfActive: true } } : {}),
    },
  };
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export type Queues = ReturnType<typeof openQueues>;

/** Queue objects of one backend, each opened when first used. */
export function openQueues(settings: QueueSettings) {
  const open = new Map<QueueName, Handle>();
  const closing: Promise<unknown>[] = [];

  function get(name: QueueName): Handle {
    const found = open.get(name) ?? openQueue(name, settings);
    open.set(name, found);
    return found;
  }

  /** A queue object that failed once may never recover (it remembers a failed first connection): the next call opens a new one. */
  function discard(name: QueueName, handle: Handle): void {
    if (open.get(name) === handle) open.delete(name);
    closing.push(handle.close().catch(() => undefined)); // it was broken
  }

  /** @throws AppError("unavailable") when the backend does not answer */
  async function use<T>(name: QueueName, run: (queue: Handle) => Promise<T>): Promise<T> {
    const handle = get(name);
    try {
      return await within(ENQUEUE_TIMEOUT_MS, run(handle));
    } catch (cause) {
      discard(name, handle);
      throw new AppError("unavailable", `queue ${name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  }

  /** Payloads are parsed first: what does not fit never enters a queue. */
  async function addBulk<P extends z.ZodType>(
    job: JobDefinition<string, P>,
    payloads: z.input<P>[],
    options?: EnqueueOptions,
  ): Promise<void> {
    if (payloads.length === 0) return;
    const entries = payloads.map((payload) => entryOf(job, job.payload.parse(payload), options));
    await use(job.queue, (queue) => queue.addBulk(entries));
  }

  /**
   * Makes the schedules of a queue exactly those of `jobs`; run at every start of workers and now and then afterwards.
   * One that stands and is on time is left alone: writing it anew could put its next run off again and again.
   */
  async function schedule(name: QueueName, jobs: readonly JobDefinition[]): Promise<void> {
    const wanted = jobs.filter((job) => job.queue === name && job.everyMs);
    await use(name, async (queue) => {
      const known = await queue.schedulers();
      for (const { id } of known.filter(({ id }) => !wanted.some((job) => job.name === id))) {
        await queue.removeJobScheduler(id);
      }
      for (const job of wanted) {
        const everyMs = job.everyMs ?? 0;
        const isOnTime = known.some(
          ({ id, everyMs: stored, nextAt }) =>
            id === job.name && stored === everyMs && Date.now() - nextAt < everyMs + SCHEDULE_LATE_MS,
        );
        if (isOnTime) continue;
        const opts = { removeOnComplete: keepDone, removeOnFail: keepFailed };
        await queue.upsertJobScheduler(job.name, everyMs, { name: job.name, data: {}, opts });
      }
    });
  }

  return {
    addBulk,
    schedule,
    enqueue: <P extends z.ZodType>(
      job: JobDefinition<string, P>,
      payload: z.input<P>,
      options?: EnqueueOptions,
    ): Promise<void> => addBulk(job, [payload], options),
    counts: (name: QueueName) => use(name, (queue) => queue.counts()),
    close: async (): Promise<void> => {
      for (const [name, handle] of open) discard(name, handle);
      await Promise.all(closing);
    },
  };
}

let shared: Queues | null = null;

function sharedQueues(): Queues {
  const databaseUrl = process.env.DATABASE_URL;
  if (!databaseUrl) throw new AppError("unavailable", "queue: DATABASE_URL is not set");
  shared ??= openQueues({ databaseUrl, redisUrl: process.env.REDIS_URL });
  return shared;
}

/** Puts one job on its queue; the backend is that of the environment (REDIS_URL, else DATABASE_URL). @throws AppError("unavailable") */
export async function enqueue<P extends z.ZodType>(
  job: JobDefinition<string, P>,
  payload: z.input<P>,
  options?: EnqueueOptions,
): Promise<void> {
  await sharedQueues().addBulk(job, [payload], options);
}

/** Many payloads of one job in one round trip. @throws AppError("unavailable") */
export async function addBulk<P extends z.ZodType>(
  job: JobDefinition<string, P>,
  payloads: z.input<P>[],
): Promise<void> {
  await sharedQueues().addBulk(job, payloads);
}

/** Closes what this process opened; call it last on the way out. */
export async function closeQueues(): Promise<void> {
  const own = shared;
  shared = null;
  await own?.close();
}
