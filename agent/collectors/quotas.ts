// Fact "quotas": what disk quota a container was made with, and what the file system of its writable layer enforces. ext4 and XFS answer statfs below a
// project quota with its limit and use instead of the whole disk's, so that no tool is needed.
import type { ContainerFact, FactData } from "../../protocol/facts.ts";
import { type Mount, mountOf, parseMountinfo, readMounts } from "../host/mountinfo.ts";
import { mayHang, type Space, spaceOf } from "../host/probe-path.ts";
import { fileOf, linkOf } from "../host/proc.ts";
import { significant } from "../host/round.ts";
import type { Watched } from "../runtimes/watch.ts";
import { defineCollector } from "./define.ts";
import { askQuota, parseSize } from "./engine-rows.ts";

type Quota = FactData["quotas"][number];

/** Labels that say which disk quota a container shall have (PouchContainer's own, and what its CRI takes from annotations). */
const LABELS = ["DiskQuota", "io.alibaba.pouch.disk-quota", "customization.disk_quota", "disk-quota"];

/** The quota that a label asks for: "10g", or "/=10g;/data=20g" of which the root counts. */
export function quotaOfLabels(labels: Readonly<Record<string, string>>): number | null {
  for (const key of LABELS) {
    const text = labels[key];
    if (text === undefined) continue;
    const root = text.split(";").find((part) => /^(\.\*|[^=]*(^|&)\/(&[^=]*)?)=/.test(part));
    return parseSize(root ? root.slice(root.indexOf("=") + 1) : text);
  }
  return null;
}

/** Whether the file system is mounted with project quotas; null where it needs no option (Btrfs) or has no such quotas. */
export function isQuotaMounted(mount: Pick<Mount, "type" | "superOptions" | "options">): boolean | null {
  if (mount.type !== "ext4" && mount.type !== "xfs") return null;
  return [...mount.superOptions, ...mount.options].some((option) => /^(prjquota|pquota|prjjquota)/.test(option));
}

/** What is enforced: the smaller total below the quota; 0 where the layer shows the whole disk. */
export function enforced(layer: Space, disk: Space): { limitBytes: number; usedBytes: number | null } {
  if (layer.totalBytes >= disk.totalBytes) return { limitBytes: 0, usedBytes: null };
  return { limitBytes: layer.totalBytes, usedBytes: significant(layer.totalBytes - layer.freeBytes, 2) };
}

const wantedById = new Map<string, number | null>();

async function wantedOf(container: ContainerFact, { runtime, probe }: Watched): Promise<number | null> {
  const known = wantedById.get(container.id);
  if (known !== undefined) return known;
  let wanted = quotaOfLabels(container.labels);
  if (wanted === null && runtime.spec.kind === "docker") {
    if (!probe.ok) return null;
    wanted = await askQuota(runtime.spec.endpoint, container.id).catch(() => null);
  }
  wantedById.set(container.id, wanted);
  return wanted;
}

async function quotaOf(container: ContainerFact, watched: Watched, mounts: readonly Mount[]): Promise<Quota | null> {
  const rootDir = watched.details?.rootDir ?? null;
  const mount = rootDir === null ? null : mountOf(rootDir, mounts);
  if (!mount || container.pid === null) return null;
  // A helper in the node's own view may stand for the container (gVisor, Kata); other storage than overlay has sizes of its own.
  if (linkOf(container.pid, "ns/mnt") === linkOf(process.pid, "ns/mnt")) return null;
  const root = parseMountinfo(fileOf(container.pid, "mountinfo") ?? "").findLast((m) => m.mountPoint === "/");
  if (root?.type !== "overlay") return null;
  const wantedBytes = await wantedOf(container, watched);
  const base = {
    containerId: container.id,
    wantedBytes,
    fileSystem: mount.type,
    isQuotaMounted: isQuotaMounted(mount),
    mountPoint: mount.mountPoint,
  };
  if (mayHang(mount.type) || mount.type === "btrfs") {
    return wantedBytes === null ? null : { ...base, limitBytes: null, usedBytes: null };
  }
  try {
    const [layer, disk] = [
      await spaceOf(`/proc/${container.pid}/root`, mount.type),
      await spaceOf(mount.mountPoint, mount.type),
    ];
    const found = enforced(layer, disk);
    return wantedBytes === null && found.limitBytes === 0 ? null : { ...base, ...found };
  } catch {
    return wantedBytes === null ? null : { ...base, limitBytes: null, usedBytes: null };
  }
}

export const quotas = defineCollector({
  kind: "quotas",
  everyMs: 30_000,
  timeoutMs: 20_000,
  read: async ({ runtimes }) => {
    const mounts = readMounts();
    const found = new Map<string, Quota>();
    const seen = new Set<string>();
    for (const watched of runtimes.all()) {
      for (const container of watched.inventory?.containers ?? []) {
        if (container.state !== "running" || seen.has(container.id) || seen.size >= 1_000) continue;
        seen.add(container.id);
        const quota = await quotaOf(container, watched, mounts);
        if (quota) found.set(container.id, quota);
      }
    }
    for (const id of wantedById.keys()) if (!seen.has(id)) wantedById.delete(id);
    return [...found.values()].sort((a, b) => (a.containerId < b.containerId ? -1 : 1));
  },
});
