// What `bench fleet` measures: PostgreSQL as `up` starts it, gateways, workers and dispatcher from their bundles, in a folder and on ports of their own.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { type DataPaths, dataPaths, ROOT } from "../../cli/paths.ts";
import { ephemeralPort } from "../../cli/ports.ts";
import { finishDatabase, prepareDatabase } from "../../cli/up/database.ts";
import { applyMigrations, firstAdmin } from "../../cli/up/database-work.ts";
import { makeFolders } from "../../cli/up/layout.ts";
import { inheritedEnv, waitForUrl } from "../../cli/up/processes.ts";
import type { ServerProcess } from "../../server/core/secrets.ts";

export type Service = { name: string; pid: number; port: number; healthPort: number };

export type FleetStack = {
  dataDir: string;
  /** The owner's address of the database. */
  databaseUrl: string;
  webUrl: string;
  gateways: Service[];
  workers: Service;
  dispatcher: Service;
  postgresPid: number;
  /** Superuser's address, when statements are counted. */
  statementsUrl: string | null;
  /** kill -9 of a gateway and a new one on its port; resolves when the new one is ready. */
  crashGateway: (index: number) => Promise<void>;
  /** Ends everything and removes the folder. */
  down: () => Promise<void>;
};

const READY_MAX_MS = 90_000;
const STOP_MAX_MS = 20_000;

/** Makes the bundles that are not current; pages are not needed here. */
export async function buildHosts(): Promise<void> {
  const args = ["--disable-warning=ExperimentalWarning", join(ROOT, "scripts/build.ts"), "--json", "--no-pages"];
  await promisify(execFile)(process.execPath, args, { cwd: ROOT });
}

/** Asks it to end and waits; it is killed when it does not. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MAX_MS);
  await gone;
  clearTimeout(timer);
}

/**
 * Starts it all; whatever was started is ended again when something fails.
 *
 * @param options.profileDir processes of Node.js write a CPU profile there when they end
 */
export async function startFleetStack(options: { gateways: number; profileDir?: string }): Promise<FleetStack> {
  const dataDir = await mkdtemp(join(tmpdir(), "nodeops-bench-fleet-"));
  await chmod(dataDir, 0o711); // the database's account enters its folder below
  const paths = dataPaths(dataDir);
  const running: Running = [];
  const down = async () => {
    for (const { child, signal } of running.toReversed()) await end(child, signal);
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const postgres = await startPostgres(paths, running, options.profileDir !== undefined);
    const webUrl = `http://127.0.0.1:${await ephemeralPort()}`;
    const start = (name: string, process: ServerProcess, port: number) =>
      startService({ name, process, port, paths, running, webUrl, databaseUrl: postgres.urls[process], ...options });
    const gateways: Service[] = [];
    for (let i = 0; i < options.gateways; i += 1)
      gateways.push(await start(`gateway-${i}`, "gateway", await ephemeralPort()));
    const workers = await start("workers", "workers", 0);
    const dispatcher = await start("dispatcher", "dispatcher", 0);
    const crashGateway = async (index: number) => {
      const old = gateways[index];
      const entry = running.find(({ child }) => child.pid === old?.pid);
      if (!old || !entry) throw new Error(`there is no gateway ${index}`);
      const gone = new Promise<void>((resolve) => entry.child.once("exit", () => resolve()));
      entry.child.kill("SIGKILL");
      await gone;
      gateways[index] = await start(old.name, "gateway", old.port);
    };
    return {
      dataDir,
      databaseUrl: postgres.url,
      webUrl,
      gateways,
      workers,
      dispatcher,
      postgresPid: postgres.pid,
      statementsUrl: postgres.statementsUrl,
      crashGateway,
      down,
    };
  } catch (err) {
    await down();
    throw err;
  }
}

type Running = { child: ChildProcess; signal: NodeJS.Signals }[];

async function startPostgres(paths: DataPaths, running: Running, countsStatements: boolean) {
  await mkdir(paths.logs, { recursive: true, mode: 0o700 });
  const database = await prepareDatabase(paths, await ephemeralPort(), () => undefined);
  const launch = async () => {
    const child = database.spec.spawn();
    running.push({ child, signal: "SIGINT" });
    await database.spec.waitReady(() => child.exitCode === null);
    return child;
  };
  let child = await launch();
  if (countsStatements) {
    await query(database.adminUrl, "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'");
    await end(child, "SIGINT");
    child = await launch();
  }
  const { url, urls } = await finishDatabase(database);
  // Counted for the whole cluster, wherever the extension lies; in the product's database migrations would stumble over it.
  if (countsStatements) await query(database.adminUrl, "CREATE EXTENSION pg_stat_statements");
  await applyMigrations(paths, url);
  makeFolders(paths);
  await firstAdmin(paths, url);
  return { url, urls, pid: child.pid ?? 0, statementsUrl: countsStatements ? database.adminUrl : null };
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

async function startService(input: {
  name: string;
  process: ServerProcess;
  port: number;
  paths: DataPaths;
  running: Running;
  webUrl: string;
  databaseUrl: string;
  profileDir?: string;
}): Promise<Service> {
  const { name, paths, port, profileDir } = input;
  const healthPort = await ephemeralPort();
  const log = openSync(paths.log(name), "a", 0o600);
  const profile = profileDir
    ? ["--cpu-prof", `--cpu-prof-dir=${profileDir}`, `--cpu-prof-name=${name}-${healthPort}.cpuprofile`]
    : [];
  const child = spawn(process.execPath, [...profile, "--enable-source-maps", join(ROOT, `dist/${input.process}.mjs`)], {
    cwd: ROOT,
    detached: true, // Ctrl-C is for the bench, which then ends these in order
    stdio: ["ignore", log, log],
    env: {
      ...inheritedEnv(input.process),
      NODEOPS_DATA: paths.dir,
      DATABASE_URL: input.databaseUrl,
      PUBLIC_URL: input.webUrl,
      HEALTH_PORT: String(healthPort),
      ...(input.process === "gateway" ? { GATEWAY_PORT: String(port), GATEWAY_HOST: "127.0.0.1" } : {}),
    },
  });
  closeSync(log);
  input.running.push({ child, signal: "SIGTERM" });
  await waitForUrl(`http://127.0.0.1:${healthPort}/readyz`, () => child.exitCode === null, READY_MAX_MS);
  return { name, pid: child.pid ?? 0, port, healthPort };
}
