// Running as a process: signals, last words, and what `join --start` does on hosts with and without systemd.

import { messageOf } from "./host/errors.ts";
import { makeLog } from "./host/log.ts";
import { systemdRuns } from "./modules/specs.ts";
import { startAgent } from "./run.ts";

/** Runs until SIGTERM or SIGINT. @returns exit code */
export async function runInForeground(stateFolder: string, configPath: string, verbose = false): Promise<number> {
  const log = makeLog(verbose ? "debug" : "info");
  const agent = startAgent(stateFolder, configPath, log);
  const signal = await new Promise<string>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve(name));
    process.on("SIGHUP", () => undefined); // a closed terminal must not end it
    process.on("uncaughtException", (err) => {
      log("error", "unexpected error, the agent ends", { error: messageOf(err), stack: err.stack });
      process.exitCode = 1;
      resolve("uncaughtException");
    });
  });
  log("info", "stopping", { signal });
  await agent.stop();
  // Probes of dead paths may still be pending; they must not hold the process.
  setTimeout(() => process.exit(), 500).unref();
  return signal === "uncaughtException" ? 1 : 0;
}

/** `join --start`: as a systemd service where systemd runs, else in the foreground. */
export async function startAsService(stateFolder: string, configPath: string): Promise<number> {
  if (systemdRuns() && process.getuid?.() === 0) return (await import("./install.ts")).install(stateFolder, configPath);
  process.stdout.write("systemd does not run here: the agent runs in the foreground, Ctrl-C ends it.\n");
  return runInForeground(stateFolder, configPath);
}
