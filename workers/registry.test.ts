// The registry holds every job that is defined, and the wrapper decides what is worth another try.
import { globSync } from "node:fs";
import { join } from "node:path";
import { UnrecoverableError } from "bullmq";
import pino from "pino";
import { expect, test } from "vitest";
import type { WorkerContext } from "./context.ts";
import { boundJob, jobs } from "./registry.ts";
import { runJob } from "./run-job.ts";

const root = join(import.meta.dirname, "..");
const raw = { id: "1", attemptsMade: 0, timestamp: Date.now() };

test("every defined job is in the registry, under a name of its own", async () => {
  const files = globSync("server/*/jobs.ts", { cwd: root, exclude: (path) => path.includes("core") });
  const modules = await Promise.all(files.map((file) => import(join(root, file)) as Promise<Record<string, unknown>>));
  const defined = modules
    .flatMap((module) => Object.values(module))
    .flatMap((value) =>
      typeof value === "object" && value !== null && "queue" in value && "name" in value ? [value.name] : [],
    );
  expect(defined.length).toBeGreaterThan(0);
  expect(jobs.map(({ name }) => name).sort()).toEqual(defined.sort());
  expect(new Set(defined).size).toBe(defined.length);
});

test("dedupe keys fit BullMQ: no colon, never a number", () => {
  const id = "0198d4c6-0000-7000-8000-000000000001";
  for (const job of jobs) {
    if (!("dedupe" in job)) continue;
    const key =
      job.name === "repairs.advance"
        ? job.dedupe?.({ repairIds: [id] })
        : job.name === "inspections.inspect-nodes"
          ? job.dedupe?.({ nodeIds: [id] })
          : job.name === "rollouts.advance"
            ? job.dedupe?.({ rolloutIds: [id] })
            : job.name === "rollouts.ask-gates"
              ? job.dedupe?.({ rolloutId: id })
              : undefined;
    expect(key).toMatch(/^[0-9a-f]*[a-f][0-9a-f]*$/);
  }
});

test("a bad payload and an unknown name are not tried again; a failing database is", async () => {
  const lost = () => Promise.reject(new Error("connection lost"));
  const rows = { findMany: lost };
  const failing = { $transaction: lost, $queryRaw: lost, mute: rows, customCheck: rows };
  const ctx = { db: failing, log: pino({ level: "silent" }), now: () => new Date() } as unknown as WorkerContext; // all that this handler reads
  await expect(runJob({ ...raw, name: "no.such-job", data: {} }, ctx)).rejects.toBeInstanceOf(UnrecoverableError);
  await expect(
    runJob({ ...raw, name: "inspections.inspect-nodes", data: { nodeIds: ["x"] } }, ctx),
  ).rejects.toBeInstanceOf(UnrecoverableError);
  const failed = runJob(
    { ...raw, name: "inspections.inspect-nodes", data: { nodeIds: ["0198d4c6-0000-7000-8000-000000000001"] } },
    ctx,
  );
  await expect(failed).rejects.toThrow("connection lost");
  await expect(failed).rejects.not.toBeInstanceOf(UnrecoverableError);
  expect(boundJob("repairs.sweep")?.job.everyMs).toBe(2_000);
});
