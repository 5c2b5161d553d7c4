// state.json: what runs on this data folder, with proof (pid + start time) for everything that may be signalled later.
import { readJson, writeAtomic } from "./files.ts";
import type { DataPaths } from "./paths.ts";
import { isAlive, type ProcessId } from "./proc.ts";

/** Supervised processes in the order they are stopped. */
export const PROCESS_NAMES = ["agent", "workers", "dispatcher", "gateway", "web", "postgres"] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

export type ProcessPhase = "starting" | "running" | "waiting" | "failing" | "stopped";

export type ProcessState = {
  phase: ProcessPhase;
  id?: ProcessId;
  startedAt?: string;
  /** Times it died and was started again since `up`. */
  restarts: number;
  /** How the last run ended, in words. */
  lastExit?: string;
  /** Address of its readiness endpoint, when it has one. */
  readyUrl?: string;
};

export type Ports = {
  web: number;
  gateway: number;
  gatewayHealth: number;
  workersHealth: number;
  dispatcherHealth: number;
  postgres: number;
};
export type Timing = { step: string; ms: number };

export type State = {
  phase: "starting" | "running" | "stopping" | "stopped";
  supervisor: ProcessId;
  startedAt: string;
  ports: Ports;
  /** Address the console listens on. */
  listen: string;
  /** Address people open. */
  webUrl: string;
  gatewayUrl: string;
  /** false when DATABASE_URL named the database. */
  embeddedDatabase: boolean;
  /** Whether each server process runs under an account of its own, and why not. */
  isolation?: { isolation: "accounts" | "none"; reason: string | null };
  /** Whether each process has a database role of its own. */
  databaseRoles?: "per process" | "one";
  processes: Partial<Record<ProcessName, ProcessState>>;
  /** How long each step of the last start took, in ms. */
  timings: Timing[];
};

export const readState = (paths: DataPaths): State | undefined => readJson<State>(paths.state);
export const writeState = (paths: DataPaths, state: State): void =>
  writeAtomic(paths.state, `${JSON.stringify(state, null, 2)}\n`);

/** The state when its supervisor is alive, by proof; undefined when nothing supervises this data folder. */
export function liveState(paths: DataPaths): State | undefined {
  const state = readState(paths);
  return state && isAlive(state.supervisor) ? state : undefined;
}

/** Processes a dead supervisor left behind, in stopping order. */
export function orphans(state: State): { name: ProcessName; id: ProcessId }[] {
  return PROCESS_NAMES.flatMap((name) => {
    const id = state.processes[name]?.id;
    return id && isAlive(id) ? [{ name, id }] : [];
  });
}
