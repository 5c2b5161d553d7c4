// A throw-away database with the product's schema, and what PostgreSQL costs meanwhile.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Database, openDatabase } from "../server/core/db.ts";
import { migrate } from "../server/core/migrate.ts";
import { readMigrations } from "../server/core/migrations.ts";
import { startThrowawayCluster } from "../testing/cluster.ts";

export type BenchDatabase = {
  database: Database;
  /** CPU time that PostgreSQL has used so far, all its processes, ms. */
  postgresCpuMs: () => number;
  stop: () => Promise<void>;
};

/** The caller must `stop()` it. */
export async function openBenchDatabase(): Promise<BenchDatabase> {
  const cluster = await startThrowawayCluster();
  try {
    await migrate(cluster.url, readMigrations(join(import.meta.dirname, "../prisma/migrations")));
    const database = openDatabase(cluster.url, { name: "bench", poolMax: 6 });
    const { rows } = await database.pool.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const postmaster = statOf(rows[0]?.pid ?? 0)?.ppid ?? 0;
    return {
      database,
      postgresCpuMs: () => cpuOfTree(postmaster),
      stop: async () => {
        await database.close();
        await cluster.stop();
      },
    };
  } catch (err) {
    await cluster.stop();
    throw err;
  }
}

type Stat = { ppid: number; cpuTicks: number };

/** Parent, and own CPU time with that of children that were waited for. Null when it is gone. */
function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [ppid, ...times] = [fields[1], fields[11], fields[12], fields[13], fields[14]].map(Number);
    return { ppid: ppid ?? 0, cpuTicks: times.reduce((sum, one) => sum + one, 0) };
  } catch {
    return null; // ended between two looks
  }
}

const TICK_MS = 10; // USER_HZ is 100 on Linux

function cpuOfTree(root: number): number {
  const children = readFileSync(`/proc/${root}/task/${root}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);
  return [root, ...children].reduce((sum, pid) => sum + (statOf(pid)?.cpuTicks ?? 0), 0) * TICK_MS;
}
