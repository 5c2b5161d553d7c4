// The set of processes of one `up`: keeps state.json true, stops them in order, trims their logs.
import { appendFileSync } from "node:fs";
import { errorMessage } from "../errors.ts";
import type { DataPaths } from "../paths.ts";
import { PROCESS_NAMES, type ProcessName, type State, writeState } from "../state.ts";
import { type Child, type ChildSpec, supervise } from "./child.ts";
import { trimLog } from "./logs.ts";

export type Supervisor = {
  state: State;
  /** Starts a process and waits until it serves; from then on it is kept alive. */
  start: (spec: ChildSpec) => Promise<void>;
  /** Stops one process for good. */
  stopOne: (name: ProcessName) => Promise<void>;
  /** Writes state.json; a full disk is reported, not fatal. */
  save: () => void;
  /** Writes a line to logs/supervisor.log and to the terminal. */
  say: (text: string) => void;
  /** Stops everything started here, consumers before the database. Safe to call again. */
  stop: () => Promise<void>;
};

export function createSupervisor(paths: DataPaths, state: State, tell: (text: string) => void): Supervisor {
  const children = new Map<ProcessName, Child>();
  let stopped: Promise<void> | undefined;
  let couldSave = true;

  const say = (text: string) => {
    tell(text);
    try {
      appendFileSync(paths.log("supervisor"), `${new Date().toISOString()} ${text}\n`, { mode: 0o600 });
    } catch {
      // a full disk must not stop the supervisor; the terminal has the line
    }
  };
  const save = () => {
    for (const child of children.values()) state.processes[child.name] = child.state;
    try {
      writeState(paths, state);
      couldSave = true;
    } catch (err) {
      if (couldSave) say(`cannot write ${paths.state}: ${errorMessage(err)}; still running`);
      couldSave = false;
    }
  };
  const trimmer = setInterval(() => {
    for (const name of [...PROCESS_NAMES, "supervisor"]) {
      try {
        trimLog(paths.log(name));
      } catch (err) {
        say(`cannot trim the log of ${name}: ${errorMessage(err)}`);
      }
    }
  }, 60_000);

  const stopOne = async (name: ProcessName) => children.get(name)?.stop();

  async function stopAll(): Promise<void> {
    clearInterval(trimmer);
    state.phase = "stopping";
    save();
    for (const name of PROCESS_NAMES) await stopOne(name);
    state.phase = "stopped";
    save();
  }

  return {
    state,
    save,
    say,
    stopOne,
    start(spec) {
      const child = supervise(spec, { onChange: save, onMessage: say });
      children.set(spec.name, child);
      return child.start();
    },
    stop() {
      stopped ??= stopAll();
      return stopped;
    },
  };
}
