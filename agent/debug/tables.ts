// Load, pressure and the kernel's tables of the node for a debug report: each can be full while everything else looks well.

import { readdirSync, readlinkSync } from "node:fs";
import { cpus } from "node:os";
import type { DebugReport } from "../../protocol/debug.ts";
import { readNumber, readText } from "../host/file.ts";
import type { ProcessStat } from "../host/proc.ts";
import { pressureOf } from "./cgroups.ts";

type Tables = NonNullable<DebugReport["tables"]["value"]>;

const KIB = 1_024;
const LINKS_MAX = 50_000;

const meminfo = (text: string, key: string): number =>
  Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * KIB;

/** inotify instances that processes hold open, bounded; the limit is for each user, nearly all here are root's. */
function inotifyInstances(processes: readonly ProcessStat[]): number {
  let count = 0;
  let seen = 0;
  for (const { pid, rssPages } of processes) {
    if (rssPages === 0) continue; // kernel threads
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (++seen > LINKS_MAX) return count;
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) === "anon_inode:inotify") count += 1;
      }
    } catch {
      // gone, or closed meanwhile
    }
  }
  return count;
}

const pair = (count: number | null, max: number | null) => (count === null || max === null ? null : { count, max });

export function readTables(processes: readonly ProcessStat[]): Tables {
  const memory = readText("/proc/meminfo") ?? "";
  const [files, , filesMax] = (readText("/proc/sys/fs/file-nr") ?? "0 0 0").split(/\s+/).map(Number);
  const load = (readText("/proc/loadavg") ?? "0 0 0").split(" ").slice(0, 3).map(Number);
  const pressure = (what: string) => pressureOf(readText(`/proc/pressure/${what}`));
  return {
    load,
    cpus: cpus().length,
    memoryBytes: meminfo(memory, "MemTotal"),
    memoryAvailableBytes: meminfo(memory, "MemAvailable"),
    pids: {
      count: processes.reduce((sum, p) => sum + p.threads, 0),
      max: Math.min(readNumber("/proc/sys/kernel/pid_max") ?? 0, readNumber("/proc/sys/kernel/threads-max") ?? 0),
    },
    files: { count: files ?? 0, max: Math.min(filesMax ?? 0, Number.MAX_SAFE_INTEGER) },
    conntrack: pair(
      readNumber("/proc/sys/net/netfilter/nf_conntrack_count"),
      readNumber("/proc/sys/net/netfilter/nf_conntrack_max"),
    ),
    inotify: pair(inotifyInstances(processes), readNumber("/proc/sys/fs/inotify/max_user_instances")),
    pressure: { cpu: pressure("cpu"), memory: pressure("memory"), io: pressure("io") },
  };
}
