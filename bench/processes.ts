// What /proc says a process costs, together with the helpers it starts. The parsers are pure.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { childrenByParent } from "../cli/proc.ts";

/** Clock ticks of /proc are hundredths of a second on every Linux that Node.js runs on (USER_HZ). */
const TICK_MS = 10;

/** Bytes. PSS shares what processes have in common among them; private is what ending the process would give back. */
export type Memory = { rssBytes: number; pssBytes: number; privateBytes: number };

/** User and system time of a process and of the children it has reaped, in ms, from the text of /proc/PID/stat. */
export function cpuMsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
}

/** From the text of /proc/PID/smaps_rollup. */
export function memoryOf(rollup: string): Memory {
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1] ?? 0) * 1_024;
  return {
    rssBytes: read("Rss"),
    pssBytes: read("Pss"),
    privateBytes: read("Private_Clean") + read("Private_Dirty"),
  };
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined; // gone
  }
}

/** A process and everything below it, the process first. */
export function family(pid: number, children = childrenByParent()): number[] {
  return [pid, ...(children.get(pid) ?? []).flatMap((child) => family(child, children))];
}

/** CPU time so far of processes and of the children they reaped, ms. @throws Error when the first is gone */
export function cpuMs(pids: readonly number[]): number {
  const stats = pids.map((pid) => readProc(pid, "stat"));
  if (!stats[0]) throw new Error(`process ${pids[0]} is gone`);
  return stats.reduce((sum, stat) => sum + (stat ? cpuMsOf(stat) : 0), 0);
}

/** Memory of processes; the resident set is that of the first alone, for in a sum shared pages would count twice. */
export function memory(pids: readonly number[]): Memory {
  const rollups = pids.map((pid) => memoryOf(readProc(pid, "smaps_rollup") ?? ""));
  return {
    rssBytes: rollups[0]?.rssBytes ?? 0,
    pssBytes: rollups.reduce((sum, { pssBytes }) => sum + pssBytes, 0),
    privateBytes: rollups.reduce((sum, { privateBytes }) => sum + privateBytes, 0),
  };
}

/** The process of that name in the pid namespace of `firstPid`, by its number out here. */
export function findInNamespace(firstPid: number, name: string): number | undefined {
  const namespaceOf = (pid: number) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/pid`);
    } catch {
      return undefined; // gone
    }
  };
  const wanted = namespaceOf(firstPid);
  return readdirSync("/proc")
    .map(Number)
    .find((pid) => Number.isInteger(pid) && readProc(pid, "comm")?.trim() === name && namespaceOf(pid) === wanted);
}
