// Finds a container without asking a runtime: its control groups in every hierarchy, its processes, its shim, its sandbox; from the runtime only what it said last.
import { existsSync } from "node:fs";
import type { ContainerFact } from "../../protocol/facts.ts";
import { findContainers, parseHierarchy, pidsIn } from "../collectors/cgroups.ts";
import type { CollectorContext } from "../collectors/define.ts";
import { isShim, parseShim } from "../collectors/processes.ts";
import { mayBeSandbox, parseSandbox } from "../collectors/sandbox-parse.ts";
import { readMounts } from "../host/mountinfo.ts";
import { argvOf, fileOf, linkOf, type ProcessStat } from "../host/proc.ts";
import type { Watched } from "../runtimes/watch.ts";

export type Subject = {
  containerId: string;
  /** What a runtime said last, and which. */
  said: { watched: Watched; container: ContainerFact; at: number } | null;
  /** Control groups by mount point of the hierarchy. */
  cgroups: { root: string; path: string }[];
  processes: ProcessStat[];
  /** First process of the container in its own namespaces; null when none lives, or what runs inside is hidden by a sandbox. */
  first: ProcessStat | null;
  shim: ProcessStat | null;
  /** Of a sandbox: the process that has its network; its file server lives in an empty one. */
  monitor: ProcessStat | null;
  sandbox: "none" | "gvisor" | "kata" | "lxc";
};

/** What a runtime last said of it, also while it hangs. */
export function lastSaid(ctx: Pick<CollectorContext, "runtimes">, id: string, runtime?: string): Subject["said"] {
  for (const watched of ctx.runtimes.all()) {
    if (runtime !== undefined && watched.runtime.spec.id !== runtime) continue;
    const container = watched.inventory?.containers.find((one) => one.id === id);
    if (container && watched.inventory) return { watched, container, at: watched.inventory.at };
  }
  return null;
}

/** Folders of the container in each hierarchy: v2, or one for each controller of v1. */
export function cgroupsOf(id: string): Subject["cgroups"] {
  const roots = [...new Set(parseHierarchy(readMounts()).mounts.values())];
  const known = new Set<string>();
  const found = roots.flatMap((root) =>
    findContainers(root)
      .found.filter((one) => one.containerId === id)
      .map(({ path }) => ({ root, path })),
  );
  for (const { path } of found) known.add(path);
  // A group that one hierarchy shows under another name is looked for by path in the others.
  for (const root of roots)
    for (const path of known)
      if (!found.some((one) => one.root === root && one.path === path) && existsSync(`${root}${path}`))
        found.push({ root, path });
  return found;
}

/** Everything of it that is seen from the node. Cheap: reads /proc and cgroup folders only. */
export async function findSubject(ctx: CollectorContext, containerId: string, runtime?: string): Promise<Subject> {
  const table = ctx.table.read(0);
  const said = lastSaid(ctx, containerId, runtime);
  const cgroups = cgroupsOf(containerId);
  const pids = new Set(cgroups.flatMap(({ root, path }) => pidsIn(`${root}${path}`)));
  const podId = said?.container.podId ?? null;
  const ids = new Set([containerId, ...(podId ? [podId] : [])]);
  let shim: ProcessStat | null = null;
  let sandbox: Subject["sandbox"] = "none";
  let monitor: ProcessStat | null = null;
  for (const p of table.all) {
    const maySandbox = mayBeSandbox(p.name);
    if (!maySandbox && !isShim(p.name)) {
      if (!pids.has(p.pid) && fileOf(p.pid, "cgroup")?.includes(containerId)) pids.add(p.pid);
      continue;
    }
    const argv = await argvOf(p.pid);
    const owner = parseShim(argv);
    if (owner && isShim(p.name) && ids.has(owner.containerId)) shim = p;
    const part = maySandbox ? parseSandbox(argv) : null;
    if (part && (ids.has(part.containerId) || argv.some((arg) => arg.includes(containerId)))) {
      sandbox = part.kind;
      if (part.role === "sentry" || part.role === "vm") monitor = p;
      pids.add(p.pid);
    }
  }
  if (/kata/.test(said?.container.handler ?? "")) sandbox = "kata";
  const processes = [...pids].flatMap((pid) => table.byPid.get(pid) ?? []);
  processes.sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
  const own = linkOf(process.pid, "ns/mnt");
  const isInside = (p: ProcessStat): boolean => p.state !== "Z" && linkOf(p.pid, "ns/mnt") !== own;
  const first = sandbox === "none" ? (processes.find(isInside) ?? null) : null;
  // The parent of a first process is its shim, whatever its arguments say.
  const parent = first ? table.byPid.get(first.ppid) : undefined;
  if (!shim && parent && isShim(parent.name)) shim = parent;
  return { containerId, said, cgroups, processes, first, shim, monitor, sandbox };
}
