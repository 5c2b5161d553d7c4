// Queues and workers on both backends: real PostgreSQL, and a real redis-server where one is installed.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { ephemeralPort } from "../cli/ports.ts";
import { AppError } from "../server/core/errors.ts";
import { defineJob } from "../server/core/jobs.ts";
import { openQueues, type QueueSettings, type Queues } from "../server/core/queue.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { type QueueWorker, startQueueWorker } from "./queue-worker.ts";
import type { RawJob } from "./run-job.ts";

const note = defineJob({
  name: "test.note",
  queue: "housekeeping",
  payload: z.object({ ids: z.array(z.string()).min(1) }),
  dedupe: ({ ids }) => ids.join("-"),
  attempts: 3,
  backoffMs: 50,
  timeoutMs: 5_000,
});
const pulse = defineJob({
  name: "test.pulse",
  queue: "housekeeping",
  payload: z.object({}),
  attempts: 1,
  backoffMs: 50,
  timeoutMs: 5_000,
  everyMs: 200,
});

const REDIS = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].find((path) => existsSync(path));
const redisDir = mkdtempSync(join(tmpdir(), "nodeops-redis-"));
let database: TestDatabase;
let redis: ChildProcess | null = null;
let redisUrl = "";

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const isOpen = await Promise.race([
    once(socket, "connect").then(() => true),
    once(socket, "error").then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return isOpen;
}

beforeAll(async () => {
  database = await testDatabase();
  if (!REDIS) return;
  const port = await ephemeralPort();
  redis = spawn(
    REDIS,
    ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", redisDir],
    { stdio: "ignore" },
  );
  redisUrl = `redis://127.0.0.1:${port}`;
  await vi.waitFor(async () => expect(await isListening(port)).toBe(true), { timeout: 10_000 });
});
afterAll(async () => {
  redis?.kill("SIGKILL");
  rmSync(redisDir, { recursive: true });
  await database.drop();
});

const backends = [
  { name: "PostgreSQL", isThere: true, settings: (): QueueSettings => ({ databaseUrl: database.url }) },
  {
    name: "Redis",
    isThere: REDIS !== undefined,
    settings: (): QueueSettings => ({ databaseUrl: database.url, redisUrl }),
  },
];

describe.each(backends)("$name", ({ isThere, settings }) => {
  // Without redis-server (apt install redis-server) its half is skipped and counted as such.
  const it = test.skipIf(!isThere);
  let queues: Queues;
  let workers: QueueWorker[] = [];
  let errors: Error[] = [];

  beforeEach(() => {
    errors = [];
    if (isThere) queues = openQueues(settings());
  });
  afterEach(async () => {
    if (!isThere) return;
    await Promise.all(workers.map((worker) => worker.close()));
    workers = [];
    await queues.schedule("housekeeping", []);
    await queues.close();
  });
  const work = (run: (job: RawJob) => Promise<unknown>) => {
    const worker = startQueueWorker({
      queue: "housekeeping",
      settings: settings(),
      concurrency: 2,
      run,
      onError: (err) => errors.push(err),
    });
    workers.push(worker);
    return worker;
  };
  const eventually = (assertion: () => void | Promise<void>) =>
    vi.waitFor(assertion, { timeout: 20_000, interval: 20 });
  const idle = async () => {
    const { wait, active, delayed } = await queues.counts("housekeeping");
    expect({ wait, active, delayed }).toEqual({ wait: 0, active: 0, delayed: 0 });
  };

  it("carries jobs with their payload, many in one call", async () => {
    const seen: unknown[] = [];
    work(async ({ name, data }) => seen.push([name, data]));
    await queues.enqueue(note, { ids: ["a"] });
    await queues.addBulk(note, [{ ids: ["b"] }, { ids: ["c"] }]);
    await eventually(() => expect(seen).toHaveLength(3));
    expect(seen.sort()).toEqual(["a", "b", "c"].map((id) => ["test.note", { ids: [id] }]));
  });

  it("takes no payload that does not fit", async () => {
    await expect(queues.enqueue(note, { ids: [] })).rejects.toThrow();
    await idle();
  });

  it("makes one of those that wait with the same key, and one more while it runs", async () => {
    let runs = 0;
    const { promise: gate, resolve: release } = Promise.withResolvers<void>();
    for (let i = 0; i < 5; i += 1) await queues.enqueue(note, { ids: ["same"] });
    work(async () => {
      runs += 1;
      if (runs === 1) await gate;
    });
    await eventually(() => expect(runs).toBe(1));
    for (let i = 0; i < 5; i += 1) await queues.enqueue(note, { ids: ["same"] });
    release();
    await eventually(async () => {
      expect(runs).toBe(2);
      await idle();
    });
    expect(runs).toBe(2);
  });

  it("tries a failed job again, so often and no more", async () => {
    let runs = 0;
    work(async () => {
      runs += 1;
      throw new AppError("unavailable", "not now");
    });
    await queues.enqueue(note, { ids: ["again"] });
    await eventually(async () => {
      expect(runs).toBe(3);
      await idle();
    });
  });

  it("runs schedules, and forgets those that are no longer wanted", async () => {
    let beats = 0;
    work(async () => {
      beats += 1;
    });
    await queues.schedule("housekeeping", [pulse]);
    await queues.schedule("housekeeping", [pulse]); // every start of workers does it
    await eventually(() => expect(beats).toBeGreaterThan(2));
    await queues.schedule("housekeeping", []);
    await eventually(idle);
  });

  it("goes on with the job of a workers process that was killed", async () => {
    const { databaseUrl, redisUrl: url } = settings();
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "testing/hold.ts")],
      {
        env: { ...process.env, DATABASE_URL: databaseUrl, ...(url ? { REDIS_URL: url } : {}) },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await queues.enqueue(note, { ids: ["held"] });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const seen: unknown[] = [];
    work(async ({ data }) => seen.push(data));
    await eventually(() => expect(seen).toEqual([{ ids: ["held"] }]));
  });
});

test("workers and callers that start before the database go on when it is there", async () => {
  const { url } = database;
  const proxy = new URL(url);
  proxy.port = String(await ephemeralPort());
  const settings = { databaseUrl: proxy.href };
  const queues = openQueues(settings);
  await expect(queues.enqueue(note, { ids: ["early"] })).rejects.toMatchObject({ code: "unavailable" });
  const seen: unknown[] = [];
  const worker = startQueueWorker({
    queue: "housekeeping",
    settings,
    concurrency: 1,
    run: async ({ data }) => seen.push(data),
    onError: () => undefined,
  });
  expect(worker.isReady()).toBe(false);

  const { createServer } = await import("node:net");
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(url).port), "127.0.0.1");
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  server.listen(Number(proxy.port), "127.0.0.1");
  await vi.waitFor(() => queues.enqueue(note, { ids: ["late"] }), { timeout: 20_000, interval: 100 });
  await vi.waitFor(() => expect(seen).toEqual([{ ids: ["late"] }]), { timeout: 20_000 });

  // The server restarts: all its connections are cut at once.
  await database.pool.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
  );
  await vi.waitFor(() => queues.enqueue(note, { ids: ["after"] }), { timeout: 20_000, interval: 100 });
  await vi.waitFor(() => expect(seen).toContainEqual({ ids: ["after"] }), { timeout: 20_000 });
  await worker.close();
  await queues.close();
  server.close();
});
