// A workers process for the kill test: takes jobs of the housekeeping queue, says so, and never ends one.
import { startQueueWorker } from "../queue-worker.ts";

startQueueWorker({
  queue: "housekeeping",
  settings: { databaseUrl: process.env.DATABASE_URL ?? "", redisUrl: process.env.REDIS_URL },
  concurrency: 1,
  run: (job) => {
    process.stdout.write(`took ${job.id}\n`);
    return new Promise(() => undefined);
  },
  onError: (err) => process.stderr.write(`${err.message}\n`),
});
