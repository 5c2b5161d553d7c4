// Fact "containerUsage": CPU, memory, tasks and disk of running containers, read from their control groups (a hung runtime does not matter here).
import { readText } from "../host/file.ts";
import { readMounts } from "../host/mountinfo.ts";
import { fileOf } from "../host/proc.ts";
import { significant } from "../host/round.ts";
import { type Hierarchy, keyed, parseHierarchy } from "./cgroups.ts";
import { defineCollector } from "./define.ts";

/** Folder of a process's cgroup per controller from /proc/PID/cgroup ("4:memory:/path", "0::/path"). */
export function parseProcessCgroup(text: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    if (match) for (const controller of (match[1] ?? "").split(",")) paths.set(controller, match[2] ?? "/");
  }
  return paths;
}

export type Use = { cpuNanos: number; memoryBytes: number; pids: number | null };

/** Use of one cgroup: what the kernel counts, page cache that can go at once left out (as kubelet's working set). */
function read(hierarchy: Hierarchy, cgroup: Map<string, string>): Use | null {
  const at = (controller: string, file: string): string | null => {
    const key = hierarchy.version === "v2" ? "" : controller;
    const mount = hierarchy.mounts.get(key);
    const path = cgroup.get(key);
    return mount === undefined || path === undefined ? null : readText(`${mount}${path}/${file}`);
  };
  const number = (text: string | null) => (text === null ? null : Number(text));
  if (hierarchy.version === "v2") {
    const micros = keyed(at("", "cpu.stat"), "usage_usec");
    const memory = number(at("", "memory.current"));
    if (micros === null || memory === null) return null;
    const cache = keyed(at("", "memory.stat"), "inactive_file") ?? 0;
    return { cpuNanos: micros * 1_000, memoryBytes: Math.max(0, memory - cache), pids: number(at("", "pids.current")) };
  }
  const nanos = number(at("cpuacct", "cpuacct.usage"));
  const memory = number(at("memory", "memory.usage_in_bytes"));
  if (nanos === null || memory === null) return null;
  const cache = keyed(at("memory", "memory.stat"), "total_inactive_file") ?? 0;
  return { cpuNanos: nanos, memoryBytes: Math.max(0, memory - cache), pids: number(at("pids", "pids.current")) };
}

let before = new Map<string, { at: number; cpuNanos: number }>();

/** Memory to whole MiB with two digits. */
const roundMemory = (bytes: number): number => significant(bytes / 1_048_576) * 1_048_576;

export const containerUsage = defineCollector({
  kind: "containerUsage",
  everyMs: 30_000,
  timeoutMs: 15_000,
  read: async ({ runtimes }) => {
    const hierarchy = parseHierarchy(readMounts());
    const now = performance.now();
    const next = new Map<string, { at: number; cpuNanos: number }>();
    const usage = [];
    for (const { inventory, runtime, probe } of runtimes.all()) {
      const disks = probe.ok
        ? await runtime.writableBytes().catch(() => new Map<string, number>())
        : new Map<string, number>();
      for (const container of inventory?.containers ?? []) {
        if (container.state !== "running" || container.pid === null || next.has(container.id)) continue;
        const use = read(hierarchy, parseProcessCgroup(fileOf(container.pid, "cgroup") ?? ""));
        if (!use) continue;
        const then = before.get(container.id);
        next.set(container.id, { at: now, cpuNanos: use.cpuNanos });
        // nanoseconds of CPU per millisecond of time is millionths of a core
        const millis = then && now > then.at ? (use.cpuNanos - then.cpuNanos) / (now - then.at) / 1_000 : 0;
        const disk = disks.get(container.id);
        usage.push({
          id: container.id,
          cpuUsedMillis: significant(Math.max(0, millis)),
          memoryUsedBytes: roundMemory(use.memoryBytes),
          diskUsedBytes: disk === undefined ? null : significant(disk),
          pids: use.pids === null ? null : significant(use.pids),
        });
      }
    }
    before = next;
    return usage.sort((a, b) => (a.id < b.id ? -1 : 1));
  },
});
