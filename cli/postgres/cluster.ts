// One embedded PostgreSQL cluster: create, find its postmaster, start, wait for it, stop. Used by `up` and by database tests.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { errorCode } from "../errors.ts";
import { identify, type ProcessId, stopProcess, workingFolder } from "../proc.ts";
import type { Account } from "../system-user.ts";

export type Cluster = {
  /** Folder of bin/, lib/ and share/. */
  native: string;
  /** Data folder (PGDATA), a real path. */
  dir: string;
  account: Account;
};

/** Name of the superuser; only the launcher uses it. The product connects as an ordinary role that owns its database. */
export const ADMIN_USER = "postgres";

// In a folder of the database's account: whatever lies there already, a link perhaps, is not written through.
function markReady(path: string): void {
  try {
    writeFileSync(path, "", { flag: "wx" });
  } catch (err) {
    if (errorCode(err) !== "EEXIST") throw err;
  }
}

/** Creates the cluster unless it exists. A half-made one (killed in initdb) is thrown away first. @throws Error with initdb's words */
export function initCluster(cluster: Cluster, adminPassword: string): boolean {
  const { dir, native, account } = cluster;
  if (existsSync(join(dir, "PG_VERSION")) && existsSync(join(dir, "nodeops-ready"))) return false;
  for (const name of existsSync(dir) ? readdirSync(dir) : []) rmSync(join(dir, name), { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const passwordFile = join(dirname(dir), `.initdb-password-${process.pid}`);
  writeFileSync(passwordFile, adminPassword, { mode: 0o600 });
  try {
    chmodSync(dir, 0o700);
    if (account.uid !== undefined && account.gid !== undefined) {
      chownSync(dir, account.uid, account.gid);
      chownSync(passwordFile, account.uid, account.gid);
    }
    const flags = [
      "--encoding=UTF8",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--locale=C",
      "--auth=scram-sha-256",
    ];
    const args = ["-D", dir, "-U", ADMIN_USER, `--pwfile=${passwordFile}`, ...flags];
    const run = spawnSync(join(native, "bin/initdb"), args, { ...identity(account), encoding: "utf8" });
    if (run.status !== 0)
      throw new Error(`initdb failed: ${(run.stderr || run.error?.message || `exit ${run.status}`).trim()}`);
    markReady(join(dir, "nodeops-ready"));
    return true;
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

// "/" because the caller's folder may be closed to the account; no environment, so PG* and locale settings of the caller have no say.
const identity = ({ uid, gid }: Account) => ({
  uid,
  gid,
  cwd: "/",
  env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC", NODE_ENV: "production" as const },
});

/**
 * The live postmaster of this data folder, by proof: postmaster.pid names it and that process works in the folder.
 * A pid file whose process is gone or something else is stale and gives undefined.
 */
export function findPostmaster(dir: string): ProcessId | undefined {
  const file = join(dir, "postmaster.pid");
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  return workingFolder(pid) === realpathSync(dir) ? identify(pid) : undefined;
}

/** Starts the postmaster in a session of its own, logging to the file descriptor. Use {@link waitForServer} next. */
export function spawnPostmaster(
  cluster: Cluster,
  port: number,
  settings: Record<string, string>,
  logFd: number,
): ChildProcess {
  const all = { listen_addresses: "127.0.0.1", port: String(port), unix_socket_directories: "", ...settings };
  const args = ["-D", cluster.dir, ...Object.entries(all).flatMap(([key, value]) => ["-c", `${key}=${value}`])];
  return spawn(join(cluster.native, "bin/postgres"), args, {
    ...identity(cluster.account),
    detached: true,
    stdio: ["ignore", logFd, logFd],
  });
}

/** Waits until the server answers a query. @throws Error when `isRunning` turns false or the time is up */
export async function waitForServer(url: string, isRunning: () => boolean, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    try {
      await client.connect();
      await client.query("SELECT 1");
      return;
    } catch (cause) {
      if (cause instanceof pg.DatabaseError && cause.code === "28P01") {
        await sleep(300); // another server may hold the port: then ours is about to end
        if (!isRunning()) throw new Error("PostgreSQL ended while starting", { cause });
        throw new Error(
          "PostgreSQL refuses the password: secrets and database of this data folder do not belong together",
          { cause },
        );
      }
      if (!isRunning()) throw new Error("PostgreSQL ended while starting", { cause });
      if (performance.now() > deadline)
        throw new Error(`PostgreSQL does not answer: ${(cause as Error).message}`, { cause });
      await sleep(20);
    } finally {
      await client.end().catch(() => undefined); // never connected: nothing to end
    }
  }
}

/** Stops a postmaster: fast shutdown (SIGINT), then immediate (SIGQUIT, recovered from WAL at next start). Never SIGKILL. */
export const stopPostmaster = (id: ProcessId): Promise<boolean> => stopProcess(id, ["SIGINT", "SIGQUIT"], 20_000);
