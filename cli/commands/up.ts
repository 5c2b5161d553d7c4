// `up`: shows the steps of a start; in the foreground it is the supervisor itself, with --detach it waits for one that runs on alone.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { dataDir, dataPaths, ROOT } from "../paths.ts";
import { liveState } from "../state.ts";
import { openLog } from "../supervisor/logs.ts";
import type { UpEvent, UpOptions } from "../up/options.ts";
import { renderer } from "../up/render.ts";

type Options = {
  port?: number;
  gatewayPort?: number;
  listen: string;
  publicUrl?: string;
  detach?: boolean;
  agent: boolean;
  dev?: boolean;
  isolation: "auto" | "required";
  allowShells?: boolean;
};

export const run: Run<Options> = async (_args, options) => {
  const paths = dataPaths(dataDir(options.data));
  const render = renderer(options.json === true, options.detach === true);
  const live = liveState(paths);
  if (live) {
    render.alreadyRunning(live, paths);
    return EXIT.ok;
  }
  const up: UpOptions = {
    dataDir: paths.dir,
    port: options.port,
    gatewayPort: options.gatewayPort,
    listen: options.listen,
    publicUrl: options.publicUrl,
    withAgent: options.agent,
    isDev: options.dev === true,
    isolation: options.isolation,
    allowShells: options.allowShells === true,
  };
  if (options.detach) return startDetached(up, render.event);
  const { runUp } = await import("../up/run.ts");
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!abort.signal.aborted) render.event({ type: "note", text: "stopping …" });
      abort.abort();
    });
  }
  try {
    await runUp(up, render.event, abort.signal);
  } catch (err) {
    render.interrupted();
    throw err;
  }
  return EXIT.ok;
};

/** Starts the supervisor in a session of its own and follows its events until it serves or failed. */
function startDetached(up: UpOptions, show: (event: UpEvent) => void): Promise<number> {
  const paths = dataPaths(up.dataDir);
  let log: number | "ignore" = "ignore";
  try {
    mkdirSync(paths.dir, { recursive: true });
    mkdirSync(paths.logs, { recursive: true, mode: 0o700 });
    log = openLog(paths.log("supervisor"));
  } catch {
    // read-only or full: the first step says so in better words
  }
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(ROOT, "cli/main.ts"), "supervise", JSON.stringify(up)],
    {
      cwd: "/",
      detached: true,
      stdio: ["ignore", log, log, "ipc"],
    },
  );
  if (log !== "ignore") closeSync(log);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("message", (message) => {
      const event = message as UpEvent;
      if (event.type === "failed") {
        child.disconnect();
        child.unref();
        show(event); // a password that was made must still be shown
        reject(new UserError(event.message, event.hint, event.exitCode));
        return;
      }
      show(event);
      if (event.type === "stopped") resolve(EXIT.failed);
      if (event.type !== "ready") return;
      child.disconnect();
      child.unref();
      resolve(EXIT.ok);
    });
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(
        new UserError(
          `the supervisor ended while starting (${signal ?? `exit code ${code}`})`,
          `see ${paths.log("supervisor")}`,
        ),
      ),
    );
  });
}
