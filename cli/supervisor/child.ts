// One supervised process: starts it, watches it, starts it again when it dies, stops it when told. Reports every change.
import type { ChildProcess } from "node:child_process";
import { errorMessage } from "../errors.ts";
import { identify, type ProcessId, stopProcess } from "../proc.ts";
import type { ProcessName, ProcessState } from "../state.ts";
import { decideRestart, QUICK_DEATHS_MAX } from "./backoff.ts";
import { HANG_LIMITS, watchHang } from "./hang.ts";

export type ChildSpec = {
  name: ProcessName;
  /** Starts the process in a session of its own; called again after each death. */
  spawn: () => ChildProcess;
  /** Resolves when the process serves; rejects when `isRunning` turned false or it takes too long. */
  waitReady: (isRunning: () => boolean) => Promise<void>;
  readyUrl?: string;
  /** Whether the process answers at all right now; one that does not for a minute is ended and started again. */
  isResponding?: () => Promise<boolean>;
  /** Signals of an orderly stop, tried in turn. */
  stopSignals: NodeJS.Signals[];
  /** How long to wait after each of them, in ms. */
  stopWaitMs: number;
};

export type ChildEvents = {
  /** The state changed and must be stored: it holds the proof for stopping the process later. */
  onChange: () => void;
  onMessage: (text: string) => void;
};

export type Child = {
  name: ProcessName;
  state: ProcessState;
  /** Starts it and waits until it serves. @throws Error when it died first; it is not started again then */
  start: () => Promise<void>;
  stop: () => Promise<void>;
};

/** Makes a supervised process; nothing runs before `start()`. */
export function supervise(spec: ChildSpec, { onChange, onMessage }: ChildEvents, limits = HANG_LIMITS): Child {
  const state: ProcessState = { phase: "stopped", restarts: 0, readyUrl: spec.readyUrl };
  let isStopping = false;
  let quickDeaths = 0;
  let timer: NodeJS.Timeout | undefined;
  let current: ProcessId | undefined;

  const set = (change: Partial<ProcessState>) => {
    Object.assign(state, change);
    onChange();
  };

  function launch(isFirst: boolean): Promise<void> {
    const startedMs = performance.now();
    let hasEnded = false;
    let wasReady = false;
    let endWatch: (() => void) | undefined;
    const ended = (how: string) => {
      if (hasEnded) return;
      hasEnded = true;
      endWatch?.();
      current = undefined;
      set({ id: undefined, phase: "stopped", lastExit: how });
      // A first start that never served is its caller's error, not a reason to try again.
      if (!isStopping && (wasReady || !isFirst)) scheduleRestart(how, performance.now() - startedMs);
    };
    let child: ChildProcess;
    try {
      child = spec.spawn();
    } catch (err) {
      ended(errorMessage(err)); // no log file to open: the disk is full, or the folder gone
      return Promise.reject(err);
    }
    child.once("error", (err) => ended(err.message));
    child.once("exit", (code, signal) => ended(signal ? `killed by ${signal}` : `exit code ${code}`));
    current = child.pid === undefined ? undefined : identify(child.pid);
    set({ phase: "starting", id: current, startedAt: new Date().toISOString() });
    const isRunning = () => !hasEnded && !isStopping;
    const ready = async (): Promise<void> => {
      try {
        await spec.waitReady(isRunning);
      } catch (err) {
        if (isFirst || !isRunning()) throw err;
        // It lives, so what it waits for may come yet (the database, the console): keep looking.
        onMessage(`${spec.name} is not ready yet: ${errorMessage(err)}`);
        return ready();
      }
      wasReady = true;
      if (hasEnded) return;
      set({ phase: "running" });
      if (spec.isResponding) endWatch = watchHang(spec.isResponding, () => endHanging(current), limits);
    };
    return ready();
  }

  // It ignores everything else by now; its death then schedules the restart like any other.
  function endHanging(id: ProcessId | undefined): void {
    if (isStopping || !id) return;
    onMessage(`${spec.name} lives but does not answer: ending it`);
    void stopProcess(id, ["SIGKILL"], spec.stopWaitMs);
  }

  function scheduleRestart(how: string, livedMs: number): void {
    const decision = decideRestart(quickDeaths, livedMs);
    quickDeaths = decision.quickDeaths;
    state.restarts++;
    set({ phase: decision.isFailing ? "failing" : "waiting" });
    const again = `starting it again in ${decision.delayMs / 1000} s`;
    onMessage(
      decision.isFailing
        ? `${spec.name} died ${quickDeaths} times in a row (${how}), more than ${QUICK_DEATHS_MAX - 1}: trying only every minute. See: ./nodeops logs ${spec.name}`
        : `${spec.name} ended (${how}); ${again}`,
    );
    timer = setTimeout(() => {
      launch(false).then(
        () => onMessage(`${spec.name} serves again`),
        // Its death schedules the next try; being slow to get ready is only worth a line.
        (err: Error) => isStopping || onMessage(`${spec.name} is not ready: ${err.message}`),
      );
    }, decision.delayMs);
  }

  return {
    name: spec.name,
    state,
    start: () => launch(true),
    async stop() {
      isStopping = true;
      clearTimeout(timer);
      if (current && !(await stopProcess(current, spec.stopSignals, spec.stopWaitMs))) {
        onMessage(`${spec.name} (pid ${current.pid}) does not stop`);
      }
      set({ phase: "stopped", id: undefined });
    },
  };
}
