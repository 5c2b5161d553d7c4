// How each process of the product is started: its bundle, environment, log and readiness address.
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type DataPaths, ROOT } from "../paths.ts";
import type { Ports, ProcessName } from "../state.ts";
import type { ChildSpec } from "../supervisor/child.ts";
import { openLog } from "../supervisor/logs.ts";
import type { UpOptions } from "./options.ts";

export type HostContext = { paths: DataPaths; options: UpOptions; ports: Ports; databaseUrl: string; webUrl: string };

/** Time a process may take until it answers /readyz, in ms; `next dev` compiles before its first answer. */
const READY_MAX_MS = 90_000;

// What processes inherit: nothing that belongs to the launcher itself.
function baseEnv(): NodeJS.ProcessEnv {
  const {
    NODEOPS_URL: _url,
    NODEOPS_TOKEN: _token,
    NODE_CHANNEL_FD: _fd,
    NODE_CHANNEL_SERIALIZATION_MODE: _mode,
    ...rest
  } = process.env;
  return { ...rest, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
}

function agentEnv(): NodeJS.ProcessEnv {
  const { DATABASE_URL: _database, REDIS_URL: _redis, ...rest } = baseEnv();
  return rest;
}

function hostEnv({ paths, options, ports, databaseUrl, webUrl }: HostContext): NodeJS.ProcessEnv {
  return {
    ...baseEnv(),
    ...(options.isDev ? { NODE_ENV: "development", NODEOPS_DEV: "1" } : {}),
    NODEOPS_DATA: paths.dir,
    DATABASE_URL: databaseUrl,
    WEB_PORT: String(ports.web),
    WEB_HOST: options.listen,
    PUBLIC_URL: webUrl,
    GATEWAY_PORT: String(ports.gateway),
    GATEWAY_HOST: "0.0.0.0",
  };
}

/** Waits until `url` answers 200. @throws Error with the last answer when the process ended or the time is up */
export async function waitForUrl(url: string, isRunning: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let answer: string;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      if (response.ok && isRunning()) return;
      answer = `${response.status} ${(await response.text()).slice(0, 200)}`;
    } catch (err) {
      answer = err instanceof Error ? err.message : String(err);
    }
    if (!isRunning()) throw new Error("it ended while starting");
    if (performance.now() > deadline) throw new Error(`${url} does not get ready: ${answer}`);
    await sleep(50);
  }
}

/** Whether anything answers there, whatever it says. */
async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return true;
  } catch {
    return false; // refused or silent: both are no answer
  }
}

function nodeProcess(name: ProcessName, paths: DataPaths, args: string[], env: NodeJS.ProcessEnv): ChildSpec["spawn"] {
  return () => {
    const log = openLog(paths.log(name));
    try {
      return spawn(process.execPath, args, { cwd: ROOT, env, detached: true, stdio: ["ignore", log, log] });
    } finally {
      closeSync(log);
    }
  };
}

/** Built file of a process. */
export const bundle = (name: string) => join(ROOT, `dist/${name}.mjs`);
const runArgs = (name: string, isDev: boolean) => [
  ...(isDev ? ["--watch", "--watch-preserve-output"] : []),
  "--enable-source-maps",
  bundle(name),
];

/** web, gateway and workers; they can start in any order once the database is migrated. */
export function hostSpecs(context: HostContext): ChildSpec[] {
  const { paths, options, ports } = context;
  const probeHost = options.listen === "0.0.0.0" || options.listen === "::" ? "127.0.0.1" : options.listen;
  const health = {
    gateway: `127.0.0.1:${ports.gatewayHealth}`,
    workers: `127.0.0.1:${ports.workersHealth}`,
    web: `${probeHost}:${ports.web}`,
  };
  return (["gateway", "workers", "web"] as const).map((name) => {
    const readyUrl = `http://${health[name]}/readyz`;
    const port = name === "web" ? {} : { HEALTH_PORT: health[name].split(":")[1] };
    return {
      name,
      spawn: nodeProcess(name, paths, runArgs(name, options.isDev), { ...hostEnv(context), ...port }),
      waitReady: (isRunning) => waitForUrl(readyUrl, isRunning, READY_MAX_MS),
      readyUrl,
      // In development a compile may take longer than any limit.
      isResponding: options.isDev ? undefined : () => answers(readyUrl.replace("readyz", "healthz")),
      stopSignals: ["SIGTERM", "SIGKILL"],
      stopWaitMs: 15_000,
    };
  });
}

/** The agent of this machine: same bundle as everywhere, its own state folder, none of the server's secrets. */
export function agentSpec(
  paths: DataPaths,
  isDev: boolean,
  args: string[],
  waitReady: ChildSpec["waitReady"],
): ChildSpec {
  const spawnAgent = nodeProcess("agent", paths, [...runArgs("agent", isDev), ...args], agentEnv());
  return { name: "agent", spawn: spawnAgent, waitReady, stopSignals: ["SIGTERM", "SIGKILL"], stopWaitMs: 15_000 };
}
