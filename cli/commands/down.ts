// `down`: asks the supervisor to stop everything; when it is dead, stops what it left behind, by proof.
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { readJson } from "../files.ts";
import { printJson, printLine } from "../output.ts";
import { dataDir, dataPaths } from "../paths.ts";
import type { ProcessId } from "../proc.ts";
import { identify, isAlive, stopProcess, waitGone } from "../proc.ts";
import { type ProcessName, readState, writeState } from "../state.ts";
import { stopOrphans } from "../up/orphans.ts";

/** Longer than every process's own grace period together. */
const STOP_MAX_MS = 120_000;

export const run: Run<object> = async (_args, options) => {
  const paths = dataPaths(dataDir(options.data));
  const state = readState(paths);
  // The lock names a supervisor that has not written its state yet.
  const owner = [readJson<ProcessId>(paths.lock), state?.supervisor].find(
    (id) => id && identify(id.pid) && isAlive(id),
  );
  const running = Object.keys(state?.processes ?? {}) as ProcessName[];
  if (owner) {
    if (!(await stopProcess(owner, ["SIGTERM"], 0))) await waitGone(owner, STOP_MAX_MS);
    if (isAlive(owner))
      throw new UserError(
        `the supervisor (pid ${owner.pid}) does not stop`,
        `see ./nodeops logs supervisor; kill -9 ${owner.pid} and run ./nodeops down again as a last resort`,
      );
  }
  const left = await stopOrphans(paths, () => undefined);
  if (left.length > 0 && state) {
    for (const process of Object.values(state.processes)) Object.assign(process, { phase: "stopped", id: undefined });
    writeState(paths, { ...state, phase: "stopped" });
  }
  const stopped = owner ? running : left;
  if (options.json) printJson({ stopped });
  else if (owner || left.length > 0) printLine(`stopped ${stopped.join(", ") || "a start in progress"}`);
  else printLine(`nothing runs on ${paths.dir}`);
  return EXIT.ok;
};
