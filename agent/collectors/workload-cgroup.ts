// A container's control group as the workload collector needs it: limits, use, events and whether it is frozen, on cgroup v1, v2 and hybrid alike.
import { dirname } from "node:path";
import { readText } from "../host/file.ts";
import { containerIdOf, type Hierarchy, keyed } from "./cgroups.ts";

/** Reads a file of one controller's folder; null when there is none. */
export type ReadCgroup = (controller: string, file: string) => string | null;

/** The folder of the container itself: a first process such as systemd may sit deeper. */
export function containerFolder(path: string, containerId: string): string {
  const parts = path.split("/");
  const at = parts.findIndex((part) => containerIdOf(part) === containerId);
  return at < 0 ? path : parts.slice(0, at + 1).join("/");
}

/** Folder names that runtimes give to a pod: "pod<uid>", "kubepods-burstable-pod<uid>.slice". */
export const isPodFolder = (folder: string): boolean => /pod[0-9a-f]{8}[-_]?[0-9a-f-_]{4,}/.test(folder);

/** Readers for a container's folder and for that of its pod (null where it has none). */
export function readersOf(
  hierarchy: Hierarchy,
  paths: ReadonlyMap<string, string>,
  containerId: string,
  read: (path: string) => string | null = readText,
): { own: ReadCgroup; pod: ReadCgroup | null } {
  const folder = (controller: string): string | null => {
    const key = hierarchy.mounts.has(controller) ? controller : "";
    const mount = hierarchy.mounts.get(key);
    const path = paths.get(key);
    return mount === undefined || path === undefined ? null : `${mount}${containerFolder(path, containerId)}`;
  };
  const own: ReadCgroup = (controller, file) => {
    const found = folder(controller);
    return found === null ? null : read(`${found}/${file}`);
  };
  const above = dirname(folder("memory") ?? folder("cpu") ?? "/");
  if (!isPodFolder(above.split("/").at(-1) ?? "")) return { own, pod: null };
  return {
    own,
    pod: (controller, file) => {
      const found = folder(controller);
      return found === null ? null : read(`${dirname(found)}/${file}`);
    },
  };
}

const number = (text: string | null): number | null => {
  if (text === null || text === "" || text === "max") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
};

/** Limits of memory beyond this are none: cgroup v1 says "unlimited" with the largest whole number of pages. */
const UNLIMITED_BYTES = 2 ** 60;

/** CPU limit in thousandths of a core: cfs quota of v1 or cpu.max of v2. */
export function cpuLimit(read: ReadCgroup): number | null {
  const max = read("cpu", "cpu.max");
  const [quota, period] =
    max !== null
      ? max.split(" ").map((part) => number(part))
      : [number(read("cpu", "cpu.cfs_quota_us")), number(read("cpu", "cpu.cfs_period_us"))];
  return quota && quota > 0 ? Math.round((quota / (period || 100_000)) * 1_000) : null;
}

/** CPU request in thousandths of a core; null at the kernel's default, which says that nobody asked for a share. */
export function cpuRequest(read: ReadCgroup): number | null {
  const weight = number(read("cpu", "cpu.weight"));
  // The conversion of runc and crun: shares 2–262144 onto weights 1–10000.
  const shares = weight === null ? number(read("cpu", "cpu.shares")) : 2 + ((weight - 1) * 262_142) / 9_999;
  if (shares === null || weight === 100 || shares === 1_024) return null;
  return Math.round((shares * 1_000) / 1_024);
}

export function memoryLimit(read: ReadCgroup): number | null {
  const limit = number(read("memory", "memory.max") ?? read("memory", "memory.limit_in_bytes"));
  return limit !== null && limit < UNLIMITED_BYTES ? limit : null;
}

export function memoryUsed(read: ReadCgroup): number | null {
  const used = number(read("memory", "memory.current") ?? read("memory", "memory.usage_in_bytes"));
  if (used === null) return null;
  const stat = read("memory", "memory.stat");
  return Math.max(0, used - (keyed(stat, "total_inactive_file") ?? keyed(stat, "inactive_file") ?? 0));
}

export const memoryPeak = (read: ReadCgroup): number | null =>
  number(read("memory", "memory.peak") ?? read("memory", "memory.max_usage_in_bytes"));

export const oomKills = (read: ReadCgroup): number | null =>
  keyed(read("memory", "memory.events") ?? read("memory", "memory.oom_control"), "oom_kill");

/** CPU time in ns. */
export function cpuNanos(read: ReadCgroup): number | null {
  const micros = keyed(read("cpu", "cpu.stat"), "usage_usec");
  return micros === null ? number(read("cpuacct", "cpuacct.usage")) : micros * 1_000;
}

/** Scheduling periods so far, and those in which it was held back. */
export function throttling(read: ReadCgroup): { periods: number; throttled: number } | null {
  const stat = read("cpu", "cpu.stat");
  const periods = keyed(stat, "nr_periods");
  const throttled = keyed(stat, "nr_throttled");
  return periods === null || throttled === null ? null : { periods, throttled };
}

export function pids(read: ReadCgroup): { current: number | null; max: number | null; refused: number | null } {
  return {
    current: number(read("pids", "pids.current")),
    max: number(read("pids", "pids.max")),
    refused: keyed(read("pids", "pids.events"), "max"),
  };
}

/** Frozen itself or by a folder above. */
export function isFrozen(read: ReadCgroup): boolean | null {
  const v1 = read("freezer", "freezer.state");
  if (v1 !== null) return v1 !== "THAWED";
  const v2 = keyed(read("freezer", "cgroup.events"), "frozen");
  const asked = read("freezer", "cgroup.freeze");
  return v2 === null && asked === null ? null : v2 === 1 || asked === "1";
}

/** Told to freeze itself; null where this kernel does not say. */
export function isFrozenItself(read: ReadCgroup): boolean | null {
  const v1 = read("freezer", "freezer.self_freezing");
  const asked = v1 ?? read("freezer", "cgroup.freeze");
  return asked === null ? null : asked.trim() === "1";
}
