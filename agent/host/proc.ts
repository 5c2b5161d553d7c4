// Processes as /proc shows them. `stat` is read synchronously: it never blocks (it takes no lock of the process), and the thread pool stays
// free. Files that may block on a hung process (cmdline) are read on demand and only for the few processes that matter.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readLocked } from "./locked-file.ts";

export type ProcessStat = {
  pid: number;
  /** comm, at most 15 characters. */
  name: string;
  state: string;
  ppid: number;
  threads: number;
  startTicks: number;
  rssPages: number;
  /** utime + stime in ticks. */
  cpuTicks: number;
};

/** Clock ticks a second: USER_HZ, 100 on every Linux architecture that Node runs on. */
export const TICKS = 100;
export const PAGE = 4096;

/** Parses /proc/PID/stat. The name stands in brackets and may itself hold brackets and spaces: it ends at the last one. Null on garbage. */
export function parseStat(text: string): ProcessStat | null {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  if (open < 0 || close < open) return null;
  const pid = Number(text.slice(0, open));
  const rest = text.slice(close + 2).split(" ");
  const num = (index: number) => Number(rest[index] ?? Number.NaN);
  const stat = {
    pid,
    name: text.slice(open + 1, close),
    state: rest[0] ?? "?",
    ppid: num(1),
    cpuTicks: num(11) + num(12),
    threads: num(17),
    startTicks: num(19),
    rssPages: num(21),
  };
  return Number.isInteger(pid) && Number.isFinite(stat.startTicks) ? stat : null;
}

/** The process as it is now, null when it is gone. */
export function statOf(pid: number, root = "/proc"): ProcessStat | null {
  try {
    return parseStat(readFileSync(`${root}/${pid}/stat`, "utf8"));
  } catch {
    return null; // gone between two looks
  }
}

/** Every process visible from here. */
export function scanProcesses(root = "/proc"): ProcessStat[] {
  const found: ProcessStat[] = [];
  for (const entry of readdirSync(root)) {
    const first = entry.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    const stat = statOf(Number(entry), root);
    if (stat) found.push(stat);
  }
  return found;
}

/** Is exactly this process (not a later one with its number) there and more than a zombie? */
export function isLive(ref: { pid: number; startTicks: number }, root = "/proc"): boolean {
  const stat = statOf(ref.pid, root);
  return stat !== null && stat.startTicks === ref.startTicks && stat.state !== "Z" && stat.state !== "X";
}

/** The threads of a process by their number, the leader among them; empty when it is gone. */
export function threadsOf(pid: number, root = "/proc"): ProcessStat[] {
  try {
    return readdirSync(`${root}/${pid}/task`).flatMap((tid) => statOf(Number(tid), `${root}/${pid}/task`) ?? []);
  } catch {
    return []; // gone between two looks
  }
}

/**
 * Has exactly this process ended with all its threads? A leader can be a zombie while other threads are still there, and as long as one is, the
 * process holds its files, locks and ports.
 */
export function isGone(ref: { pid: number; startTicks: number }, root = "/proc"): boolean {
  const isDead = ({ state }: ProcessStat): boolean => state === "Z" || state === "X";
  const leader = statOf(ref.pid, root);
  if (leader === null || leader.startTicks !== ref.startTicks) return true;
  return isDead(leader) && threadsOf(ref.pid, root).every(isDead);
}

/** Arguments of a process; empty when gone, a kernel thread, or its memory is locked for longer than a second. */
export async function argvOf(pid: number, root = "/proc"): Promise<string[]> {
  try {
    const text = (await readLocked(`${root}/${pid}/cmdline`)) ?? "";
    return text.split("\0").filter((part, index, all) => part !== "" || index < all.length - 1);
  } catch {
    return [];
  }
}

/** Target of a link such as `exe` or `ns/pid`; null when gone or not permitted. */
export function linkOf(pid: number, what: string, root = "/proc"): string | null {
  try {
    return readlinkSync(`${root}/${pid}/${what}`);
  } catch {
    return null;
  }
}

/** Text of a small file of the process; null when gone. Only for files that do not block (status, cgroup, limits, wchan). */
export function fileOf(pid: number, what: string, root = "/proc"): string | null {
  try {
    return readFileSync(`${root}/${pid}/${what}`, "utf8");
  } catch {
    return null;
  }
}

/** When the machine booted, epoch ms: from btime of /proc/stat, fixed for a boot. */
export function bootedAt(root = "/proc"): number {
  const match = /^btime (\d+)$/m.exec(readFileSync(`${root}/stat`, "utf8"));
  return Number(match?.[1] ?? 0) * 1_000;
}

/** Start of a process as epoch ms, to the second. */
export const startedAt = (stat: { startTicks: number }, boot: number): number =>
  boot + Math.floor(stat.startTicks / TICKS) * 1_000;

/** First container id (64 hex digits) in a process's cgroup paths, null when it is in none. */
export function containerIdIn(cgroupText: string): string | null {
  let found: string | null = null;
  for (const match of cgroupText.matchAll(/[0-9a-f]{64}/g)) found = match[0];
  return found;
}
