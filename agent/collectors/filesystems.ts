// Fact "filesystems": space, inodes and read-only state of every real file system, once each.
import type { FactData } from "../../protocol/facts.ts";
import { messageOf } from "../host/errors.ts";
import { type Mount, mountOf, readMounts } from "../host/mountinfo.ts";
import { type Space, spaceOf } from "../host/probe-path.ts";
import { significant } from "../host/round.ts";
import { defineCollector } from "./define.ts";
import { ownerOf } from "./mounts.ts";

type FilesystemFact = FactData["filesystems"][number];

const pseudo = new Set([
  "proc",
  "sysfs",
  "devtmpfs",
  "devpts",
  "cgroup",
  "cgroup2",
  "mqueue",
  "debugfs",
  "tracefs",
  "securityfs",
  "pstore",
  "bpf",
  "configfs",
  "hugetlbfs",
  "autofs",
  "binfmt_misc",
  "fusectl",
  "nsfs",
  "rpc_pipefs",
  "efivarfs",
  "selinuxfs",
  "ramfs",
  "squashfs",
  "iso9660",
  "overlay",
  "fuse.lxcfs",
  "fuse.gvfsd-fuse",
  "fuse.portal",
]);

/** Mounts worth a line: real file systems and the node's own tmpfs, each device once (where its root is shown, else at the shortest path). */
export function worthLooking(mounts: readonly Mount[]): Mount[] {
  const best = new Map<string, Mount>();
  for (const mount of mounts) {
    const system = mount.mountPoint === "/";
    if (pseudo.has(mount.type) && !(system && mount.type === "overlay")) continue;
    if (ownerOf(mount.mountPoint) !== null || /^\/(proc|sys|dev)(\/|$)/.test(mount.mountPoint)) continue;
    if (/^\/run\/(user|credentials|netns|lock)\b/.test(mount.mountPoint)) continue;
    if (mountOf(mount.mountPoint, mounts) !== mount) continue; // hidden below a later mount at the same place
    const known = best.get(mount.device);
    const better =
      !known ||
      (mount.root === "/" && known.root !== "/") ||
      ((mount.root === "/") === (known.root === "/") && mount.mountPoint.length < known.mountPoint.length);
    if (better) best.set(mount.device, mount);
  }
  return [...best.values()].sort((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1));
}

const hundredth = (value: number): number => Math.round(value * 1_000) / 1_000;

/** The fact of one file system; use as df(1) computes it: reserved blocks belong to neither side. */
export function filesystemFact(mount: Mount, space: Space | { error: string }, holds: string[]): FilesystemFact {
  const readOnly =
    mount.options.includes("ro") || mount.superOptions.includes("ro") || mount.superOptions.includes("emergency_ro");
  const base = { mountPoint: mount.mountPoint, device: mount.source, type: mount.type, readOnly, holds };
  if ("error" in space) {
    const zero = {
      totalBytes: 0,
      usedBytes: 0,
      availableBytes: 0,
      usedRatio: 0,
      inodesTotal: 0,
      inodesUsed: 0,
      inodesUsedRatio: 0,
    };
    return { ...base, ...zero, error: space.error };
  }
  const used = space.totalBytes - space.freeBytes;
  const inodesUsed = space.inodes - space.inodesFree;
  const reachable = used + space.availableBytes;
  return {
    ...base,
    totalBytes: space.totalBytes,
    usedBytes: significant(used, 3),
    availableBytes: Math.min(space.totalBytes, significant(space.availableBytes, 3)),
    usedRatio: reachable > 0 ? hundredth(used / reachable) : 0,
    inodesTotal: space.inodes,
    inodesUsed: significant(inodesUsed, 3),
    inodesUsedRatio: space.inodes > 0 ? hundredth(inodesUsed / space.inodes) : 0,
    error: null,
  };
}

export const filesystems = defineCollector({
  kind: "filesystems",
  everyMs: 10_000,
  timeoutMs: 8_000,
  read: async ({ runtimes }) => {
    const mounts = readMounts();
    const looked = worthLooking(mounts);
    const roots = runtimes.all().map((w) => ({ id: w.runtime.spec.id, dir: w.details?.rootDir ?? null }));
    const holds = (mount: Mount) =>
      roots.filter((r) => r.dir && mountOf(r.dir, mounts)?.device === mount.device).map((r) => r.id);
    return Promise.all(
      looked.map(async (mount) => {
        const space = await spaceOf(mount.mountPoint, mount.type).catch((err) => ({ error: messageOf(err) }));
        return filesystemFact(mount, space, holds(mount));
      }),
    );
  },
});
