// The steps of `up`, in order, each timed and reported; whatever fails, everything started so far is stopped again.
import { publicAddress } from "../address.ts";
import { EXIT, errorMessage, UserError } from "../errors.ts";
import { tryLock, unlock } from "../lock.ts";
import { type DataPaths, dataPaths } from "../paths.ts";
import { isPortFree } from "../ports.ts";
import { identify } from "../proc.ts";
import { type Ports, readState, type State } from "../state.ts";
import { createSupervisor, type Supervisor } from "../supervisor/supervisor.ts";
import { startAgent } from "./agent.ts";
import { allowShells } from "./allow-shells.ts";
import { build } from "./build.ts";
import { releasePort } from "./claims.ts";
import { accessExternal, checkExternal, type DatabaseAccess, finishDatabase, prepareDatabase } from "./database.ts";
import { applyMigrations, firstAdmin } from "./database-work.ts";
import { prepareFolder, stampVersion } from "./folder.ts";
import { makeFolders } from "./layout.ts";
import { endLeftovers } from "./leftovers.ts";
import type { Emit, UpOptions, UpSummary } from "./options.ts";
import { stopOrphans } from "./orphans.ts";
import { choosePorts, firstFree, releasePorts } from "./ports.ts";
import { hostSpecs } from "./processes.ts";
import { separate } from "./separation.ts";
import { logTail } from "./tail.ts";

/**
 * Starts everything and keeps it running until `outer` aborts, then stops it in order.
 *
 * @throws UserError when a step fails; everything it started has been stopped by then
 */
export async function runUp(options: UpOptions, emit: Emit, outer: AbortSignal): Promise<void> {
  // Ends what works in the background (a build, watchers) also when a step fails.
  const over = new AbortController();
  const signal = AbortSignal.any([outer, over.signal]);
  const paths = dataPaths(options.dataDir);
  const startedMs = performance.now();
  const timings: State["timings"] = [];
  const note = (text: string) => emit({ type: "note", text });

  async function step<T>(name: string, work: () => Promise<T>, detail: (result: T) => string): Promise<T> {
    signal.throwIfAborted();
    emit({ type: "begin", step: name });
    const begunMs = performance.now();
    const result = await work();
    const ms = Math.round(performance.now() - begunMs);
    timings.push({ step: name, ms });
    emit({ type: "end", step: name, ms, detail: detail(result) });
    return result;
  }

  let supervisor: Supervisor | undefined;
  let ports: Ports | undefined;
  try {
    ports = await step(
      "check",
      () => check(paths, options, note),
      (result) => `${paths.dir}, port ${result.web}`,
    );
    const state = initialState(options, ports, timings);
    supervisor = createSupervisor(paths, state, note);
    supervisor.save();
    const summary = await startAll({ paths, options, ports, supervisor, step, note, emit, signal });
    state.phase = "running";
    supervisor.save();
    emit({ type: "ready", summary: { ...summary, timings, totalMs: Math.round(performance.now() - startedMs) } });
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  } catch (err) {
    if (!outer.aborted) throw err;
  } finally {
    over.abort();
    await supervisor?.stop();
    if (ports) releasePorts(ports);
    unlock(paths.lock);
  }
  emit({ type: "stopped" });
}

async function check(paths: DataPaths, options: UpOptions, note: (text: string) => void): Promise<Ports> {
  prepareFolder(paths);
  const owner = tryLock(paths.lock);
  if (owner)
    throw new UserError(
      `${paths.dir} is already in use by process ${owner.pid}`,
      "./nodeops status shows it, ./nodeops down stops it",
    );
  await stopOrphans(paths, note);
  return choosePorts(options, readState(paths)?.ports, note);
}

function initialState(options: UpOptions, ports: Ports, timings: State["timings"]): State {
  const self = identify(process.pid);
  if (!self) throw new Error("cannot read /proc/self/stat");
  return {
    phase: "starting",
    supervisor: self,
    startedAt: new Date().toISOString(),
    ports,
    listen: options.listen,
    webUrl: options.publicUrl ?? publicAddress(ports.web, options.listen),
    gatewayUrl: `https://127.0.0.1:${ports.gateway}`,
    embeddedDatabase: process.env.DATABASE_URL === undefined,
    processes: {},
    timings,
  };
}

type Start = {
  paths: DataPaths;
  options: UpOptions;
  ports: Ports;
  supervisor: Supervisor;
  step: <T>(name: string, work: () => Promise<T>, detail: (result: T) => string) => Promise<T>;
  note: (text: string) => void;
  emit: Emit;
  signal: AbortSignal;
};

async function startAll(start: Start): Promise<Omit<UpSummary, "timings" | "totalMs">> {
  const { paths, options, ports, supervisor, step, note, emit, signal } = start;
  const { state } = supervisor;
  const database = await step(
    "database",
    () => startDatabase(start),
    ({ detail }) => detail,
  );
  const databaseUrl = database.url;
  state.databaseRoles = database.sharedBecause === null ? "per process" : "one";
  if (database.sharedBecause) note(`all processes share one database role: ${database.sharedBecause}`);
  await step(
    "migrations",
    () => applyMigrations(paths, databaseUrl),
    (names) => (names.length > 0 ? `${names.length} applied` : "current"),
  );
  stampVersion(paths);
  makeFolders(paths);
  const built = await step(
    "build",
    () => build(options.isDev, signal, note),
    (parts) => parts.join(", ") || "current",
  );
  const admin = await step(
    "first admin",
    () => firstAdmin(paths, databaseUrl),
    (result) => (result.password ? `${result.email} made` : result.email),
  );
  if (admin.password) emit({ type: "admin", email: admin.email, password: admin.password });
  await endLeftovers(paths, note);
  if (options.allowShells) allowShells(paths);
  const { accounts, ...isolation } = separate(paths, options);
  state.isolation = isolation;
  if (isolation.reason) note(`all processes run under one account: ${isolation.reason}`);
  const specs = hostSpecs({ paths, options, ports, databaseUrls: database.urls, accounts, webUrl: state.webUrl });
  await step(
    "processes",
    () =>
      Promise.all(
        specs.map((spec) =>
          supervisor.start(spec).catch((cause) => {
            throw new UserError(
              `${spec.name} did not start: ${errorMessage(cause)}${logTail(paths, spec.name)}`,
              `the whole log: ${paths.log(spec.name)}`,
            );
          }),
        ),
      ),
    () => specs.map(({ name }) => name).join(", "),
  );
  const nodeName = options.withAgent
    ? await step(
        "agent",
        () => startAgent(supervisor, paths, options.isDev),
        (name) => `this machine is node ${name}`,
      )
    : null;
  const isCold = built.length > 0 || admin.password !== null;
  return {
    webUrl: state.webUrl,
    gatewayUrl: state.gatewayUrl,
    dataDir: paths.dir,
    pid: process.pid,
    admin,
    nodeName,
    isCold,
  };
}

/** Times the database's port may turn out to be taken between its choice and its use. */
const PORT_TRIES = 5;

async function startDatabase({ paths, ports, supervisor, note }: Start): Promise<DatabaseAccess & { detail: string }> {
  const external = process.env.DATABASE_URL;
  if (external) {
    const detail = `PostgreSQL ${await checkExternal(external)} of DATABASE_URL`;
    return { ...(await accessExternal(paths, external)), detail };
  }
  for (let tries = 1; ; tries++) {
    const database = await prepareDatabase(paths, ports.postgres, note);
    try {
      await supervisor.start(database.spec);
      return { ...(await finishDatabase(database)), detail: `PostgreSQL 18 on 127.0.0.1:${ports.postgres}` };
    } catch (cause) {
      await supervisor.stopOne("postgres");
      // Initialising takes a second, in which another program may take the port: nobody but us knows it, so any other will do.
      if (tries < PORT_TRIES && !(await isPortFree(ports.postgres, "127.0.0.1"))) {
        releasePort(ports.postgres);
        ports.postgres = await firstFree(ports.postgres + 1, "127.0.0.1");
        continue;
      }
      const message = `the database did not start: ${errorMessage(cause)}${logTail(paths, "postgres")}`;
      throw new UserError(message, `the whole log: ${paths.log("postgres")}`, EXIT.failed, cause);
    }
  }
}
