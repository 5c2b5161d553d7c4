// Processes of a debug report: states, where they wait in the kernel, and what they were started with – secrets left out.
import { readdirSync } from "node:fs";
import type { DebugProcess } from "../../protocol/debug.ts";
import {
  argvOf,
  bootedAt,
  containerIdIn,
  fileOf,
  PAGE,
  type ProcessStat,
  startedAt,
  TICKS,
  threadsOf,
} from "../host/proc.ts";
import { redactArgs } from "../host/redact.ts";
import { inTurns } from "./part.ts";

const LIST_MAX = 200;
const STACK_MAX = 12;
const MS_PER_TICK = 1_000 / TICKS;

const rank = (p: ProcessStat): number => ["D", "T", "t", "Z", "X"].indexOf(p.state);

/** Abnormal states first, then the oldest. */
export const byInterest = (a: ProcessStat, b: ProcessStat): number => {
  const [x, y] = [rank(a) < 0 ? 9 : rank(a), rank(b) < 0 ? 9 : rank(b)];
  return x - y || a.startTicks - b.startTicks || a.pid - b.pid;
};

const limitOf = (pid: number): number | null => {
  const value = /^Max open files\s+(\d+)/m.exec(fileOf(pid, "limits") ?? "")?.[1];
  return value === undefined ? null : Number(value);
};

function openFiles(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null; // gone, or a kernel thread's
  }
}

/** Function names of the kernel's stack, innermost first. */
export const stackOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.replace(/^\[<[^>]*>\]\s*/, "").trim())
    .filter((line) => line !== "")
    .slice(0, STACK_MAX);

export async function describe(p: ProcessStat, boot: number): Promise<DebugProcess> {
  const inner = /^NSpid:.*\s(\d+)$/m.exec(fileOf(p.pid, "status") ?? "")?.[1];
  const isStuck = p.state === "D";
  const threads = p.threads > 1 ? threadsOf(p.pid) : [];
  const stuck = threads.find(({ state }) => state === "D");
  const waits = (stuck ? fileOf(p.pid, `task/${stuck.pid}/wchan`) : fileOf(p.pid, "wchan"))?.trim() ?? "";
  const stack = isStuck || stuck ? fileOf(p.pid, `task/${stuck?.pid ?? p.pid}/stack`) : null;
  return {
    pid: p.pid,
    innerPid: inner === undefined ? null : Number(inner),
    ppid: p.ppid,
    name: p.name,
    state: p.state,
    threads: p.threads,
    stuckThreads: stuck ? threads.filter(({ state }) => state === "D").length : isStuck ? 1 : 0,
    waitChannel: waits === "" || waits === "0" ? null : waits,
    stack: stackOf(stack ?? ""),
    command: redactArgs(p.state === "Z" ? [] : await argvOf(p.pid)).slice(0, 500),
    residentBytes: Math.max(0, p.rssPages) * PAGE,
    cpuMs: Math.round(p.cpuTicks * MS_PER_TICK),
    startedAt: startedAt(p, boot),
    startTicks: p.startTicks,
    openFiles: openFiles(p.pid),
    openFilesMax: limitOf(p.pid),
    containerId: containerIdIn(fileOf(p.pid, "cgroup") ?? ""),
  };
}

/** The processes that matter most of a list. */
export async function describeAll(list: readonly ProcessStat[]): Promise<{ total: number; list: DebugProcess[] }> {
  const boot = bootedAt();
  const chosen = [...list].sort(byInterest).slice(0, LIST_MAX);
  return { total: list.length, list: await inTurns(chosen, 8, (p) => describe(p, boot)) };
}
