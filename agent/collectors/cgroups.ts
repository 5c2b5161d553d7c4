// Fact "cgroups": control groups that carry a container id in their name, and who lives in them. Finds containers without asking a runtime.
import { readdirSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { readText } from "../host/file.ts";
import { type Mount, readMounts } from "../host/mountinfo.ts";
import type { ProcessTable } from "../host/process-table.ts";
import { defineCollector } from "./define.ts";

type CgroupFact = FactData["cgroups"]["containers"][number];

export type Hierarchy = {
  version: FactData["cgroups"]["version"] /** Controller → mount point; v2 is "". */;
  mounts: Map<string, string>;
};

/** Where control groups are mounted. */
export function parseHierarchy(mounts: readonly Mount[]): Hierarchy {
  const found = new Map<string, string>();
  for (const mount of mounts) {
    if (mount.type === "cgroup2") found.set("", mount.mountPoint);
    if (mount.type === "cgroup")
      for (const option of mount.superOptions)
        if (option !== "rw" && option !== "ro") found.set(option, mount.mountPoint);
  }
  const v2 = found.has("");
  const v1 = found.has("memory") || found.has("pids") || found.has("cpu");
  return { version: v1 ? (v2 ? "hybrid" : "v1") : v2 ? "v2" : "none", mounts: found };
}

/**
 * Container id in a folder's name: 64 hex digits, alone or as in docker-ID.scope, cri-containerd-ID.scope, crio-ID.scope, libpod-ID.scope.
 * Monitors (crio-conmon-ID, libpod-conmon-ID) are not the container.
 */
export function containerIdOf(folder: string): string | null {
  if (folder.includes("conmon-")) return null;
  return /(?:^|-)([0-9a-f]{64})(?:\.scope|\.service)?$/.exec(folder)?.[1] ?? null;
}

/** Folders below `root` that are a container's, and how many there are in all. A container's own sub-groups are not entered. */
export function findContainers(
  root: string,
  maxFolders = 20_000,
): { total: number; found: { containerId: string; path: string }[] } {
  const found: { containerId: string; path: string }[] = [];
  let total = 0;
  const pending = [""];
  while (pending.length > 0 && total < maxFolders) {
    const path = pending.pop() ?? "";
    for (const entry of list(`${root}${path}`)) {
      if (!entry.isDirectory()) continue;
      total += 1;
      const below = `${path}/${entry.name}`;
      const containerId = containerIdOf(entry.name);
      if (containerId) found.push({ containerId, path: below });
      else pending.push(below);
    }
  }
  return { total, found: found.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // removed while walking
  }
}

/** Value after `key ` in a flat-keyed file such as memory.events. */
export function keyed(text: string | null, key: string): number | null {
  const match = new RegExp(`^${key} (\\d+)$`, "m").exec(text ?? "");
  return match ? Number(match[1]) : null;
}

const limit = (text: string | null): number | null =>
  text === null || text === "max" || text === "" ? null : Number(text);

/** Every process of a cgroup tree. */
export function pidsIn(folder: string, depth = 4): number[] {
  const own = (readText(`${folder}/cgroup.procs`) ?? "")
    .split("\n")
    .map(Number)
    .filter((pid) => pid > 0);
  if (depth === 0) return own;
  return [...own, ...list(folder).flatMap((e) => (e.isDirectory() ? pidsIn(`${folder}/${e.name}`, depth - 1) : []))];
}

/** Listed of a container that a runtime knows: its first process is enough, the others come and go. */
const KNOWN_PROCESSES = 1;
const UNKNOWN_PROCESSES = 64;

function read(
  hierarchy: Hierarchy,
  root: string,
  item: { containerId: string; path: string },
  table: ProcessTable,
  known: boolean,
): CgroupFact | null {
  const seen = pidsIn(`${root}${item.path}`);
  const stats = [...new Set(seen)].flatMap((pid) => table.byPid.get(pid) ?? []);
  // Processes that the table left out belong to a nested node; so does this cgroup.
  if (seen.length > 0 && stats.length === 0) return null;
  stats.sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
  const folder = (controller: string): string => `${hierarchy.mounts.get(controller) ?? root}${item.path}`;
  const v2 = hierarchy.version === "v2";
  const oom = v2 ? readText(`${root}${item.path}/memory.events`) : readText(`${folder("memory")}/memory.oom_control`);
  const pidsMax = limit(readText(`${folder("pids")}/pids.max`));
  const current = pidsMax === null ? null : Number(readText(`${folder("pids")}/pids.current`) ?? 0);
  const cpu = readText(`${folder(v2 ? "" : "cpu")}/cpu.stat`);
  const periods = keyed(cpu, "nr_periods");
  const throttled = keyed(cpu, "nr_throttled");
  return {
    containerId: item.containerId,
    path: item.path,
    processes: stats.slice(0, known ? KNOWN_PROCESSES : UNKNOWN_PROCESSES).map((p) => ({
      pid: p.pid,
      startTicks: p.startTicks,
      ppid: p.ppid,
      name: p.name,
      state: known && /[RSI]/.test(p.state) ? "S" : p.state,
    })),
    oomKills: keyed(oom, "oom_kill"),
    // In twentieths of the limit, since a count alone changes with every fork.
    pidsCurrent: current === null || pidsMax === null ? null : stepOf(current, Math.max(1, Math.round(pidsMax / 20))),
    pidsMax,
    throttledRatio: periods && throttled !== null ? Math.round((throttled / periods) * 10) / 10 : null,
  };
}

const stepOf = (value: number, unit: number): number => Math.round(value / unit) * unit;

/** The hierarchy in which containers are looked for: v2 where it is alone, else the first v1 controller that runtimes always use. */
export function rootOf({ version, mounts }: Hierarchy): string | null {
  if (version === "v2") return mounts.get("") ?? null;
  return mounts.get("pids") ?? mounts.get("memory") ?? mounts.get("cpu") ?? null;
}

export const cgroups = defineCollector({
  kind: "cgroups",
  everyMs: 10_000,
  timeoutMs: 10_000,
  read: ({ table, runtimes }) => {
    const hierarchy = parseHierarchy(readMounts());
    const root = rootOf(hierarchy);
    if (root === null) return { version: hierarchy.version, total: 0, containers: [] };
    const known = new Set(
      runtimes
        .all()
        .flatMap((w) => [...(w.inventory?.containers ?? []), ...(w.inventory?.pods ?? [])].map((c) => c.id)),
    );
    const { total, found } = findContainers(root);
    const processes = table.read();
    const containers = found.flatMap(
      (item) => read(hierarchy, root, item, processes, known.has(item.containerId)) ?? [],
    );
    return { version: hierarchy.version, total: Math.round(total / 10) * 10, containers };
  },
});
