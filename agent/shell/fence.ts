// The fence around one shell: a control group of its own and a mark in the environment, so that its end finds also what has left the terminal.
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../host/errors.ts";
import { readLocked } from "../host/locked-file.ts";
import { readMounts } from "../host/mountinfo.ts";
import { scanProcesses } from "../host/proc.ts";

/** Every process of a shell inherits it; its value is "<node id>/<shell id>". */
export const MARK = "NODEOPS_SHELL";
/** Between the friendly and the last signal, ms. */
const GRACE_MS = 2_000;
/** Processes that die fork no more: so many looks are enough unless one sleeps uninterruptibly. */
const ROUNDS = 40;
const ROUND_MS = 50;

/** Controllers of cgroup v1 that hold every process and are not another's business, best first. */
const V1 = ["pids", "freezer", "name=systemd"];

/** Mount points in which a group can be made: the unified hierarchy first. */
export function hierarchies(): string[] {
  const mounts = readMounts();
  const unified = mounts.filter((m) => m.type === "cgroup2").map((m) => m.mountPoint);
  const v1 = V1.flatMap((name) => mounts.filter((m) => m.type === "cgroup" && m.superOptions.includes(name)));
  return [...new Set([...unified, ...v1.map((m) => m.mountPoint)])];
}

const prefixOf = (nodeId: string): string => `nodeops-shell-${nodeId.slice(0, 8)}-`;

/** What else people do with signals: a process that is gone is no error. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (err) {
    if (codeOf(err) !== "ESRCH") throw err;
  }
}

/** A process's environment; of one that is gone or hides it, nothing. */
async function environmentOf(pid: number): Promise<string[]> {
  try {
    return (await readLocked(`/proc/${pid}/environ`))?.split("\0") ?? [];
  } catch (err) {
    if (["EACCES", "EPERM", "ENOENT", "ESRCH"].includes(codeOf(err) ?? "")) return [];
    throw err;
  }
}

export class Fence {
  readonly mark: string;
  /** Folder of the group; null where none could be made: then the mark alone counts. */
  readonly folder: string | null;

  constructor(mark: string, folder: string | null) {
    this.mark = mark;
    this.folder = folder;
  }

  /** Puts a process into the group; what it forks is born there. */
  admit(pid: number): void {
    if (this.folder !== null) writeFileSync(`${this.folder}/cgroup.procs`, String(pid));
  }

  /** Live processes inside, by group and by mark. */
  async members(): Promise<number[]> {
    const found = new Set(this.#inGroup());
    for (const { pid, state } of scanProcesses()) {
      if (state === "Z" || state === "X" || pid === process.pid || found.has(pid)) continue;
      if ((await environmentOf(pid)).includes(`${MARK}=${this.mark}`)) found.add(pid);
    }
    return [...found];
  }

  /**
   * Ends everything inside: SIGHUP, and SIGKILL two seconds later; then removes the group.
   * @returns processes that did not die (uninterruptible sleep)
   */
  async end(graceMs: number = GRACE_MS): Promise<number[]> {
    for (const pid of await this.members()) kill(pid, "SIGHUP");
    for (let waited = 0; waited < graceMs && (await this.members()).length > 0; waited += ROUND_MS)
      await sleep(ROUND_MS);
    let left = await this.members();
    for (let round = 0; round < ROUNDS && left.length > 0; round++) {
      for (const pid of left) kill(pid, "SIGKILL");
      await sleep(ROUND_MS);
      left = await this.members();
    }
    this.#remove();
    return left;
  }

  #inGroup(): number[] {
    if (this.folder === null) return [];
    try {
      return readFileSync(`${this.folder}/cgroup.procs`, "utf8").split("\n").filter(Boolean).map(Number);
    } catch (err) {
      if (codeOf(err) === "ENOENT" || codeOf(err) === "ENODEV") return [];
      throw err;
    }
  }

  #remove(): void {
    if (this.folder === null) return;
    try {
      rmdirSync(this.folder);
    } catch (err) {
      if (codeOf(err) !== "ENOENT" && codeOf(err) !== "EBUSY") throw err;
    }
  }
}

/** Makes the fence of a shell that is to be opened. */
export function raiseFence(nodeId: string, shellId: string): Fence {
  const mark = `${nodeId}/${shellId}`;
  for (const root of hierarchies()) {
    const folder = `${root}/${prefixOf(nodeId)}${shellId}`;
    try {
      mkdirSync(folder);
      return new Fence(mark, folder);
    } catch (err) {
      if (!["EROFS", "EACCES", "EPERM", "ENOENT", "ENOSPC"].includes(codeOf(err) ?? "")) throw err;
    }
  }
  return new Fence(mark, null);
}

/** Fences that an agent before this one left standing: by their groups, and by marks alone. */
export async function standingFences(nodeId: string): Promise<Fence[]> {
  const prefix = prefixOf(nodeId);
  const found = new Map<string, Fence>();
  for (const root of hierarchies())
    for (const entry of readdirSync(root)) {
      if (!entry.startsWith(prefix)) continue;
      const mark = `${nodeId}/${entry.slice(prefix.length)}`;
      found.set(mark, new Fence(mark, `${root}/${entry}`));
    }
  for (const { pid } of scanProcesses()) {
    if (pid === process.pid) continue;
    const line = (await environmentOf(pid)).find((one) => one.startsWith(`${MARK}=${nodeId}/`));
    const mark = line?.slice(MARK.length + 1);
    if (mark !== undefined && !found.has(mark)) found.set(mark, new Fence(mark, null));
  }
  return [...found.values()];
}
