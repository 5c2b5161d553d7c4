// The lab's memory between commands: `<data>/lab/state.json`, written whole and renamed, under a lock that a crash does not keep.
import { existsSync } from "node:fs";
import { link, mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type LabIdentity, labDir } from "./layout.ts";
import { startTime } from "./machine.ts";

/** A node of the lab as recorded. */
export interface LabNode {
  name: string;
  index: number;
  zone: string;
  rack: string;
  pool: string;
  labels: Record<string, string>;
  /** Address of eth0 on the lab's bridge. */
  ip: string;
  /** Pid of the node's first process on the machine, and its start time in clock ticks since boot. */
  pid: number;
  startedTicks: number;
  /** What holds /var/lib/containerd. */
  storage: "ext4" | "tmpfs";
  /** Milliseconds from the first step to the last pod; 0 until then. */
  bootMs: number;
  /** "starting" until all its pods run. */
  phase: "starting" | "up";
}

/** A node with what is true of it right now. */
export interface LabNodeStatus extends LabNode {
  alive: boolean;
}

/** Everything a lab remembers. */
export interface LabState {
  version: 1;
  lab: LabIdentity;
  nodes: LabNode[];
}

const file = (dataDir: string): string => join(labDir(dataDir), "state.json");

/** The data folder as one fixed path, since names are derived from it; undefined when no lab was ever made there. */
export async function dataFolder(dataDir: string): Promise<string | undefined> {
  return existsSync(labDir(dataDir)) ? realpath(dataDir) : undefined;
}

/** As `dataFolder`, making it when it is missing. */
export async function makeDataFolder(dataDir: string): Promise<string> {
  await mkdir(labDir(dataDir), { recursive: true });
  return realpath(dataDir);
}

/** The recorded state; undefined when there never was a lab here. */
export async function loadState(dataDir: string): Promise<LabState | undefined> {
  const text = await readFile(file(dataDir), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const state = JSON.parse(text) as LabState;
  if (state.version !== 1) throw new Error(`${file(dataDir)} was written by another version of the lab`);
  return state;
}

let lastSave: Promise<void> = Promise.resolve();

/** Writes the state so that a crash leaves the old or the new one; several writes at once happen one after another. */
export function saveState(dataDir: string, state: LabState): Promise<void> {
  const path = file(dataDir);
  const write = async (): Promise<void> => {
    await writeFile(`${path}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
    await rename(`${path}.new`, path);
  };
  lastSave = lastSave.then(write, write);
  return lastSave;
}

/** Is the recorded first process of the node still that very process? */
export const isAlive = async (node: LabNode): Promise<boolean> => (await startTime(node.pid)) === node.startedTicks;

/** Runs `work` while no other process works on this lab. Throws when one does; a lock left by a dead process is taken over. */
export async function locked<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  const path = join(labDir(dataDir), "lock");
  const mine = `${path}.${process.pid}`;
  await writeFile(mine, `${process.pid} ${await startTime(process.pid)}`);
  try {
    // link() makes the lock appear with its content, or not at all
    while (!(await linked(mine, path))) {
      const holder = await readFile(path, "utf8").catch(() => "");
      const [pid, ticks] = holder.split(" ").map(Number);
      if (pid && (await startTime(pid)) === ticks)
        throw new Error(`another command (pid ${pid}) is working on this lab`);
      await rm(path, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

const linked = (from: string, to: string): Promise<boolean> =>
  link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
