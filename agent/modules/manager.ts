// Starts and stops modules by whoever manages them: systemd, runit, or a start command of the node's configuration.

import { spawn } from "node:child_process";
import { closeSync, openSync, writeFileSync } from "node:fs";
import type { ManagerConfig } from "../config.ts";
import { Failure } from "../host/errors.ts";
import { readText } from "../host/file.ts";
import { type ProcessStat, statOf } from "../host/proc.ts";
import { redactLog } from "../host/redact.ts";
import { run, SEARCH_PATH } from "../host/run.ts";
import { sleep } from "../host/wait.ts";

const ask = async (argv: string[], what: string): Promise<void> => {
  const result = await run(argv, { timeoutMs: 90_000 });
  if (result.code !== 0)
    throw new Failure(
      "manager-failed",
      `${what}: ${result.stderr.trim() || result.stdout.trim() || `exit ${result.code}`}`,
      true,
    );
};

/** Where the output of a module's start command goes. */
export const startLog = (module: string): string => `/var/log/${module}.start.log`;

/**
 * Asks the manager to start the module.
 * @returns what a plain command started, where that is known; it need not be the module's main process
 * @throws Failure when it says no
 */
export async function startModule(manager: ManagerConfig, name: string): Promise<ProcessStat | null> {
  if (manager.type === "exec") return startCommand(manager, name);
  if (manager.type === "systemd") {
    // A unit that failed too often refuses to start until its counter is cleared.
    await run(["systemctl", "reset-failed", manager.unit], { timeoutMs: 10_000 });
    await ask(["systemctl", "start", manager.unit], `systemctl start ${manager.unit}`);
  } else await ask(["sv", "up", manager.service], `sv up ${manager.service}`);
  return null;
}

/** Asks the manager to end the module; for a plain command that is SIGTERM to its process, which the caller sends. */
export async function stopModule(manager: ManagerConfig): Promise<"asked" | "signal"> {
  if (manager.type === "systemd") await ask(["systemctl", "stop", manager.unit], `systemctl stop ${manager.unit}`);
  else if (manager.type === "runit") await ask(["sv", "down", manager.service], `sv down ${manager.service}`);
  else return "signal";
  return "asked";
}

/**
 * Runs a start command in a session of its own, so that the daemon outlives the agent. A command that ends (a start script) must end with 0; one
 * that stays is the daemon itself, whose pid is then kept.
 */
async function startCommand(manager: ManagerConfig & { type: "exec" }, name: string): Promise<ProcessStat | null> {
  const [file = "", ...args] = manager.start;
  const logFile = openSync(startLog(name), "a", 0o600);
  try {
    const env: NodeJS.ProcessEnv = Object.assign(Object.create(null), { PATH: SEARCH_PATH, HOME: "/root" });
    const child = spawn(file, args, { detached: true, stdio: ["ignore", logFile, logFile], cwd: "/", env });
    const ended = new Promise<string | null>((resolve) => {
      child.on("error", (err) => resolve(err.message));
      child.on("exit", (code, sig) =>
        resolve(code === 0 ? null : `it ended with ${sig ?? code}: ${tail(readText(startLog(name)))}`),
      );
    });
    const outcome = await Promise.race([ended.then((error) => ({ error })), sleep(3_000).then(() => null)]);
    if (outcome?.error) throw new Failure("not-started", `${file}: ${outcome.error}`, true);
    const named = statOf(Number(manager.pidFile ? (readText(manager.pidFile) ?? 0) : 0));
    if (outcome !== null || child.pid === undefined) return named;
    child.unref();
    // The number of one that has ended is nobody's, also while its parent has not collected it.
    if (manager.pidFile && (named === null || named.state === "Z" || named.state === "X"))
      writeFileSync(manager.pidFile, `${child.pid}\n`);
    return statOf(child.pid);
  } finally {
    closeSync(logFile);
  }
}

const tail = (text: string | null): string => (text ?? "").split("\n").slice(-3).map(redactLog).join(" | ").slice(-300);
