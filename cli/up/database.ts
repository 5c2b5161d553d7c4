// The database step of `up`: the embedded cluster as a supervised process, or whatever DATABASE_URL names.

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, existsSync, mkdirSync, realpathSync, rmdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { ensureRoles, type Passwords, roleUrl } from "../../server/core/roles.ts";
import { ensureSecret, type ServerProcess, serverProcesses } from "../../server/core/secrets.ts";
import { EXIT, errorCode, errorMessage, UserError } from "../errors.ts";
import type { DataPaths } from "../paths.ts";
import { chooseAccount } from "../postgres/account.ts";
import { prepareBinaries } from "../postgres/binaries.ts";
import { type Cluster, initCluster, spawnPostmaster, waitForServer } from "../postgres/cluster.ts";
import { adminUrl, ensureAppDatabase, localUrl } from "../postgres/database.ts";
import type { ChildSpec } from "../supervisor/child.ts";
import { openLog } from "../supervisor/logs.ts";
import { type Account, canReach } from "../system-user.ts";
import { POSTGRES_MAJOR } from "./folder.ts";

/** Home of binaries and data where the server's account cannot enter the chosen folder; only ever used as root. */
const SYSTEM_FOLDER = "/var/lib/nodeops";

// 200 connections: each queue worker holds some for LISTEN. No JIT: short queries only, and it costs memory per backend.
const SETTINGS = {
  max_connections: "200",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  autovacuum_naptime: "10s",
};

export type EmbeddedDatabase = {
  spec: ChildSpec;
  url: string;
  adminUrl: string;
  password: string;
  passwords: Passwords;
};

/** Addresses of the database: the owner's, for migrations and accounts, and each process's own. */
export type DatabaseAccess = {
  url: string;
  urls: Record<ServerProcess, string>;
  /** Why all processes share one role; null when each has its own. */
  sharedBecause: string | null;
};

/**
 * Prepares the embedded cluster: account, binaries, data folder, initdb.
 *
 * @param note told when the data had to go elsewhere
 */
export async function prepareDatabase(
  paths: DataPaths,
  port: number,
  note: (text: string) => void,
): Promise<EmbeddedDatabase> {
  const cluster = locateCluster(paths, note);
  const adminPassword = ensureSecret(paths.dir, "launcher", "database-admin-password");
  const password = ensureSecret(paths.dir, "launcher", "database-password");
  initCluster(cluster, adminPassword);
  const admin = adminUrl(port, adminPassword);
  const spec: ChildSpec = {
    name: "postgres",
    spawn() {
      const log = openLog(paths.log("postgres"));
      try {
        return spawnPostmaster(cluster, port, SETTINGS, log);
      } finally {
        closeSync(log);
      }
    },
    waitReady: (isRunning) => waitForServer(admin, isRunning),
    // Fast shutdown, then immediate; a kill would only mean recovery at the next start, but is never needed.
    stopSignals: ["SIGINT", "SIGQUIT"],
    stopWaitMs: 20_000,
  };
  return { spec, url: localUrl(port, password), adminUrl: admin, password, passwords: rolePasswords(paths) };
}

function locateCluster(paths: DataPaths, note: (text: string) => void): Cluster {
  const account = chooseAccount(join(paths.postgres, String(POSTGRES_MAJOR)));
  if (!existsSync(paths.postgres)) makeHome(paths, account, note);
  const home = realpathSync(paths.postgres);
  const native = prepareBinaries(account, SYSTEM_FOLDER);
  const dir = join(home, String(POSTGRES_MAJOR));
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const isForeign = (path: string) => (statSync(path, { throwIfNoEntry: false })?.uid ?? account.uid) !== account.uid;
  if (account.uid !== undefined && (isForeign(dir) || isForeign(join(dir, "PG_VERSION")))) {
    // Fresh, or a folder that was copied or handed over as root: the server reads only files of its own account.
    spawnSync("chown", ["-R", `${account.uid}:${account.gid}`, dir]);
  }
  return { native, dir, account };
}

// The data lies below the data folder where the account can enter it, else in a system folder with a link to it.
function makeHome(paths: DataPaths, account: Account, note: (text: string) => void): void {
  mkdirSync(paths.postgres, { mode: 0o711 });
  chmodSync(paths.postgres, 0o711); // whatever the umask
  if (canReach(account, paths.postgres)) return;
  const elsewhere = join(SYSTEM_FOLDER, `data-${randomBytes(6).toString("hex")}`);
  mkdirSync(elsewhere, { recursive: true, mode: 0o711 });
  rmdirSync(paths.postgres);
  symlinkSync(elsewhere, paths.postgres);
  note(`user ${account.name} cannot enter ${paths.dir} (a parent folder is closed): the database lies in ${elsewhere}`);
}

const perProcess = <T>(value: (process: ServerProcess) => T) =>
  Object.fromEntries(serverProcesses.map((process) => [process, value(process)])) as Record<ServerProcess, T>;

const rolePasswords = (paths: DataPaths): Passwords =>
  perProcess((process) => ensureSecret(paths.dir, "launcher", `database-password-${process}`));

/** Creates roles and database of the product once the embedded server answers. */
export async function finishDatabase({
  adminUrl,
  url,
  password,
  passwords,
}: EmbeddedDatabase): Promise<DatabaseAccess> {
  await ensureAppDatabase(adminUrl, password, passwords);
  return { url, urls: perProcess((process) => roleUrl(url, process, passwords[process])), sharedBecause: null };
}

/** DATABASE_URL_WEB and the like: roles that somebody else made, for a DATABASE_URL whose account may not. */
const givenUrl = (process: ServerProcess) => globalThis.process.env[`DATABASE_URL_${process.toUpperCase()}`];

/**
 * Roles for the processes on a database that is not ours: those the environment names, else made where the account may make roles, else one for all.
 *
 * @throws UserError when the environment names some of them only
 */
export async function accessExternal(paths: DataPaths, url: string): Promise<DatabaseAccess> {
  const given = serverProcesses.filter((process) => givenUrl(process));
  if (given.length === serverProcesses.length)
    return { url, urls: perProcess((process) => givenUrl(process) ?? url), sharedBecause: null };
  if (given.length > 0)
    throw new UserError(
      `DATABASE_URL_… is set for ${given.join(", ")} only`,
      `set it for all of ${serverProcesses.join(", ")}, or for none`,
      EXIT.usage,
    );
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>("SELECT current_database() AS name");
    const passwords = rolePasswords(paths);
    await ensureRoles(client, rows[0]?.name ?? "", passwords);
    return { url, urls: perProcess((process) => roleUrl(url, process, passwords[process])), sharedBecause: null };
  } catch (err) {
    if (errorCode(err) !== "42501") throw err;
    return { url, urls: perProcess(() => url), sharedBecause: "the account of DATABASE_URL may not create roles" };
  } finally {
    await client.end();
  }
}

/** Proves that the database of DATABASE_URL answers. @throws UserError with the server's words */
export async function checkExternal(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; number: number }>(
      "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number",
    );
    const server = rows[0];
    if (!server || server.number < 140_000)
      throw new UserError(`PostgreSQL ${server?.version} is too old`, "DATABASE_URL needs PostgreSQL 14 or newer");
    return server.version;
  } catch (err) {
    if (err instanceof UserError) throw err;
    throw new UserError(
      `the database of DATABASE_URL does not answer: ${errorMessage(err)}`,
      "check host, user and password, or unset DATABASE_URL for the embedded one",
    );
  } finally {
    await client.end().catch(() => undefined); // never connected: nothing to end
  }
}
