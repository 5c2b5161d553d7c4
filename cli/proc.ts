// What /proc knows of a process: proof of identity before any signal, memory, and a polite stop.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process identity that survives pid reuse: pid plus start time in clock ticks since boot (proc(5), stat field 22). */
export type ProcessId = { pid: number; startedTicks: number; bootId: string };

const readBootId = () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

// The command name (field 2) may hold spaces and brackets: fields are counted after its last bracket.
function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined; // gone
  }
}

/** Identity of a live process; undefined when it is gone or a zombie. */
export function identify(pid: number): ProcessId | undefined {
  const fields = statFields(pid);
  if (!fields || fields[0] === "Z" || fields[0] === "X") return undefined;
  return { pid, startedTicks: Number(fields[19]), bootId: readBootId() };
}

/** Whether exactly this process still lives (same pid, start time and boot). */
export function isAlive(id: ProcessId): boolean {
  const now = identify(id.pid);
  return now !== undefined && now.startedTicks === id.startedTicks && now.bootId === id.bootId;
}

/** Resident set of one process in bytes; undefined when gone. */
export function residentBytes(pid: number): number | undefined {
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(readProc(pid, "status"))?.[1];
  return kb === undefined ? undefined : Number(kb) * 1024;
}

/**
 * What a process and its descendants cost, in bytes: proportional set size, so that memory they share (PostgreSQL's buffers)
 * counts once. Undefined when not ours to read.
 */
export function treeBytes(pid: number, children: Map<number, number[]>): number | undefined {
  const kb = /^Pss:\s+(\d+) kB/m.exec(readProc(pid, "smaps_rollup"))?.[1];
  if (kb === undefined) return undefined;
  return (children.get(pid) ?? []).reduce((sum, child) => sum + (treeBytes(child, children) ?? 0), Number(kb) * 1024);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // gone, or another user's
  }
}

/** Every process by its parent, read once. */
export function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const parent = Number.isInteger(pid) ? Number(statFields(pid)?.[1]) : Number.NaN;
    if (Number.isInteger(parent)) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  return children;
}

/** Folder a process works in, or undefined when it is gone or not ours to see. */
export function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** Waits until the process is gone. @returns false when it still lives after `timeoutMs` */
export async function waitGone(id: ProcessId, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(id)) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/**
 * Stops exactly this process: `signals` in turn, `waitMs` after each.
 *
 * @returns false when it outlived every signal
 */
export async function stopProcess(id: ProcessId, signals: NodeJS.Signals[], waitMs: number): Promise<boolean> {
  for (const signal of signals) {
    if (!isAlive(id)) return true;
    try {
      process.kill(id.pid, signal);
    } catch (err) {
      if ((err as NodeJS.ErrnoException).code === "ESRCH") return true;
      throw err;
    }
    if (await waitGone(id, waitMs)) return true;
  }
  return !isAlive(id);
}
