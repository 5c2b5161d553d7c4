// Fact "mounts": mounts that belong to containers, found by the id in their path. Whether one is leaked is for the checks to say.
import { readdirSync, readlinkSync, statSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { isUnder, type Mount, readMounts } from "../host/mountinfo.ts";
import { linkOf } from "../host/proc.ts";
import type { ProcessTable } from "../host/process-table.ts";
import { defineCollector } from "./define.ts";

type ContainerMount = FactData["mounts"]["containerMounts"][number];

/** The container, sandbox or pod that a mount point belongs to, by the layout of runtimes' and kubelet's folders; null for all other mounts. */
export function ownerOf(mountPoint: string): string | null {
  const task = /\/io\.containerd\.runtime\.v\d\.[a-z]+\/[^/]+\/([^/]+)(?:\/|$)/.exec(mountPoint)?.[1];
  if (task) return task;
  const kubelet = /\/kubelet\/pods\/([0-9a-f-]{36})\//.exec(mountPoint)?.[1];
  if (kubelet) return kubelet;
  // Layers of overlay2 and volumes without a name have 64 digits too, but these name a layer or a volume, which may outlive its container.
  if (/\/(overlay2|overlay|aufs|devicemapper\/mnt|btrfs\/subvolumes|volumes)\/[0-9a-f]{64}(\/|$)/.test(mountPoint))
    return null;
  return /\/([0-9a-f]{64})(?:\/|$)/.exec(mountPoint)?.[1] ?? null;
}

/** Runtime whose folders a path lies in, by root and state folder. */
export function runtimeOf(mountPoint: string, roots: readonly { id: string; rootDir: string | null }[]): string | null {
  const byRoot = roots.find((r) => r.rootDir !== null && isUnder(mountPoint, r.rootDir));
  if (byRoot) return byRoot.id;
  return (
    roots.find((r) => mountPoint.startsWith(`/run/${r.id}/`) || mountPoint.startsWith(`/var/run/${r.id}/`))?.id ?? null
  );
}

/** Device number of a folder as mountinfo writes it; null when it cannot be looked at. */
export function deviceOf(path: string): string | null {
  try {
    const { dev } = statSync(path);
    // gnu_dev_major and gnu_dev_minor of glibc, for numbers below 2^32
    return `${((dev >>> 8) & 0xfff) | 0}:${(dev & 0xff) | ((dev >>> 12) & 0xfff00)}`;
  } catch {
    return null;
  }
}

/** Does a process use the mount: root or working directory on its device, or an open file below its mount point? */
export function isBusy(mount: Pick<Mount, "mountPoint" | "device" | "root">, table: ProcessTable): boolean {
  for (const p of table.all) {
    if (p.state === "Z" || p.rssPages === 0) continue; // kernel threads and the dead hold nothing
    for (const what of ["root", "cwd"]) {
      const target = linkOf(p.pid, what);
      if (target === null) continue;
      if (target !== "/" && isUnder(target, mount.mountPoint)) return true;
      // A bind of a folder shares its device with everything else there: only whole file systems can be told so.
      if (mount.root === "/" && deviceOf(`/proc/${p.pid}/${what}/`) === mount.device) return true;
    }
    if (openFilesUnder(p.pid, mount.mountPoint)) return true;
  }
  return false;
}

function openFilesUnder(pid: number, folder: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => isUnder(readlinkSync(`/proc/${pid}/fd/${fd}`), folder));
  } catch {
    return false; // the process or the file went away
  }
}

/** Container mounts, each with how many lie at its point; at the same point the lower ones come first, as they were mounted. */
export function containerMounts(
  all: readonly Mount[],
  roots: readonly { id: string; rootDir: string | null }[],
  busy: (mount: Mount, containerId: string) => boolean,
): ContainerMount[] {
  const found: { mount: Mount; containerId: string }[] = [];
  const stacked = new Map<string, number>();
  for (const mount of all) {
    const containerId = ownerOf(mount.mountPoint);
    if (containerId === null) continue;
    found.push({ mount, containerId });
    stacked.set(mount.mountPoint, (stacked.get(mount.mountPoint) ?? 0) + 1);
  }
  return found
    .map(({ mount, containerId }) => ({
      mountPoint: mount.mountPoint,
      type: mount.type,
      source: mount.source,
      runtime: runtimeOf(mount.mountPoint, roots),
      containerId,
      stacked: stacked.get(mount.mountPoint) ?? 1,
      busy: busy(mount, containerId),
    }))
    .sort((a, b) => (a.mountPoint < b.mountPoint ? -1 : a.mountPoint > b.mountPoint ? 1 : 0));
}

export const mounts = defineCollector({
  kind: "mounts",
  everyMs: 10_000,
  timeoutMs: 10_000,
  read: ({ runtimes, table }) => {
    const all = readMounts();
    const byType: Record<string, number> = {};
    for (const { type } of [...all].sort((a, b) => (a.type < b.type ? -1 : 1))) byType[type] = (byType[type] ?? 0) + 1;
    const live = new Set<string>();
    for (const { inventory } of runtimes.all()) {
      for (const c of inventory?.containers ?? [])
        if (c.state === "running")
          live
            .add(c.id)
            .add(c.podId ?? "")
            .add(c.podUid ?? "");
      for (const p of inventory?.pods ?? []) if (p.ready) live.add(p.id).add(p.uid);
    }
    const roots = runtimes.all().map((w) => ({ id: w.runtime.spec.id, rootDir: w.details?.rootDir ?? null }));
    const processes = table.read();
    // A running container uses its mounts; looking at every open file is kept for those that nothing claims.
    const busy = (mount: Mount, containerId: string) => live.has(containerId) || isBusy(mount, processes);
    return { total: all.length, byType, containerMounts: containerMounts(all, roots, busy) };
  },
});
