// How each process of the product is started: its bundle, environment, log and readiness address.
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ServerProcess, serverProcesses } from "../../server/core/secrets.ts";
import { localAddress } from "../address.ts";
import { type DataPaths, ROOT } from "../paths.ts";
import type { Ports, ProcessName } from "../state.ts";
import type { ChildSpec } from "../supervisor/child.ts";
import { openLog } from "../supervisor/logs.ts";
import type { Account } from "../system-user.ts";
import type { UpOptions } from "./options.ts";
import { type Separation, underAccount } from "./separation.ts";

export type HostContext = {
  paths: DataPaths;
  options: UpOptions;
  ports: Ports;
  databaseUrls: Record<ServerProcess, string>;
  accounts: Separation["accounts"];
  webUrl: string;
};

/** Variables of the caller that processes may see; whatever else stands there (tokens, other programs' secrets) stays with the launcher. */
const INHERITED = {
  all: /^(PATH|TZ|LANG|LANGUAGE|LC_\w+|TMPDIR|LOG_LEVEL|NODE_OPTIONS|NODE_COMPILE_CACHE|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/,
  /** It asks identity providers, perhaps through a proxy, and the explainer; a plan's gates are looked at there, and asked by the workers. */
  web: /^(REDIS_URL|TRUSTED_PROXIES|NODEOPS_WEBHOOK_ALLOW|NODEOPS_EXPLAINER_\w+|OIDC_\w+|(HTTPS?|NO)_PROXY|(https?|no)_proxy|NODE_USE_ENV_PROXY)$/,
  gateway: /^REDIS_URL$/,
  workers: /^(REDIS_URL|NODEOPS_WEBHOOK_ALLOW)$/,
  dispatcher: null,
  /** Where this machine's runtimes listen. */
  agent: /^(HOME|CONTAINER\w*_(ADDRESS|HOST|ENDPOINT)|DOCKER_HOST)$/,
} as const;

/** Time a process may take until it answers /readyz, in ms; `next dev` compiles before its first answer. */
const READY_MAX_MS = 90_000;

/** What a process inherits of the launcher's environment. */
export function inheritedEnv(
  name: ServerProcess | "agent",
  source: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const kept = Object.entries(source).filter(([key]) => INHERITED.all.test(key) || INHERITED[name]?.test(key));
  return { ...Object.fromEntries(kept), NODE_ENV: "production" };
}

function hostEnv(
  name: ServerProcess,
  { paths, options, ports, databaseUrls, accounts, webUrl }: HostContext,
): NodeJS.ProcessEnv {
  const own: Record<ServerProcess, Record<string, string>> = {
    web: { WEB_PORT: String(ports.web), WEB_HOST: options.listen, NEXT_TELEMETRY_DISABLED: "1" },
    gateway: {
      GATEWAY_PORT: String(ports.gateway),
      GATEWAY_HOST: "0.0.0.0",
      HEALTH_PORT: String(ports.gatewayHealth),
    },
    workers: { HEALTH_PORT: String(ports.workersHealth) },
    dispatcher: { HEALTH_PORT: String(ports.dispatcherHealth) },
  };
  return {
    ...inheritedEnv(name),
    ...(options.isDev ? { NODE_ENV: "development", NODEOPS_DEV: "1" } : {}),
    NODEOPS_DATA: paths.dir,
    DATABASE_URL: databaseUrls[name],
    PUBLIC_URL: webUrl,
    ...own[name],
    // The checkout's cache cannot be written by other accounts.
    ...(accounts[name] ? { NODE_COMPILE_CACHE: paths.cache(name) } : {}),
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

function nodeProcess(
  name: ProcessName,
  paths: DataPaths,
  nodeArgs: string[],
  env: NodeJS.ProcessEnv,
  account?: Required<Account>,
): ChildSpec["spawn"] {
  const { program, args, ...ids } = underAccount(account, process.execPath, nodeArgs);
  return () => {
    const log = openLog(paths.log(name)); // by us: the folder of logs is closed to the process
    try {
      return spawn(program, args, { cwd: ROOT, env, ...ids, detached: true, stdio: ["ignore", log, log] });
    } finally {
      closeSync(log);
    }
  };
}

/** Built file of a process. */
export const bundle = (name: string) => join(ROOT, `dist/${name}.mjs`);
const runArgs = (name: string, isDev: boolean) => [
  ...(isDev ? ["--watch", "--watch-preserve-output"] : []),
  // These read what agents and rows hold: no text of theirs ever becomes code, whatever a decoder is talked into.
  ...(name === "gateway" || name === "dispatcher" ? ["--disallow-code-generation-from-strings"] : []),
  "--enable-source-maps",
  bundle(name),
];

/** web, gateway, workers and dispatcher; they can start in any order once the database is migrated. */
export function hostSpecs(context: HostContext): ChildSpec[] {
  const { paths, options, ports } = context;
  const health: Record<ServerProcess, string> = {
    gateway: `http://127.0.0.1:${ports.gatewayHealth}`,
    dispatcher: `http://127.0.0.1:${ports.dispatcherHealth}`,
    workers: `http://127.0.0.1:${ports.workersHealth}`,
    web: localAddress(ports.web, options.listen),
  };
  return serverProcesses.map((name) => {
    const readyUrl = `${health[name]}/readyz`;
    return {
      name,
      spawn: nodeProcess(name, paths, runArgs(name, options.isDev), hostEnv(name, context), context.accounts[name]),
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
  const spawnAgent = nodeProcess("agent", paths, [...runArgs("agent", isDev), ...args], inheritedEnv("agent"));
  return { name: "agent", spawn: spawnAgent, waitReady, stopSignals: ["SIGTERM", "SIGKILL"], stopWaitMs: 15_000 };
}
