// Filesystems as the storage checks see them: which count, each device once, and what a runtime could give back on them.
import type { FactData, Facts } from "../protocol/facts.ts";
import type { Evidence } from "./define.ts";
import { age, bytes, shortId, t } from "./text.ts";

export type Filesystem = FactData["filesystems"][number];
type Image = FactData["images"][number];
type Container = FactData["containers"][number];

/** Read-only by nature and therefore always full. */
const FULL_BY_NATURE = new Set(["squashfs", "iso9660", "erofs", "cramfs", "udf"]);

/** A container's root shows the numbers of the filesystem under it. */
const isLayered = (fs: Filesystem): boolean => fs.type === "overlay" && fs.mountPoint !== "/";

/** Filesystems that can fill up, each device once: the mount that holds a runtime first, else the shortest path. */
export function fillable(filesystems: FactData["filesystems"]): Filesystem[] {
  const byDevice = new Map<string, Filesystem>();
  for (const fs of filesystems) {
    if (fs.error !== null || fs.readOnly || fs.totalBytes === 0 || FULL_BY_NATURE.has(fs.type) || isLayered(fs))
      continue;
    const key = fs.device.startsWith("/") ? `${fs.device} ${fs.totalBytes}` : `${fs.device} ${fs.mountPoint}`;
    const seen = byDevice.get(key);
    const better =
      !seen ||
      fs.holds.length > seen.holds.length ||
      (fs.holds.length === seen.holds.length && fs.mountPoint.length < seen.mountPoint.length);
    if (better) byDevice.set(key, fs);
  }
  return [...byDevice.values()];
}

/** What the runtimes on a filesystem could give back. */
export type Reclaimable = { containers: Container[]; images: Image[]; imageBytes: number };

/** Exited containers (oldest first) and unused, unpinned images (largest first) of the runtimes that keep their root on the filesystem. */
export function reclaimable(fs: Filesystem, facts: Facts): Reclaimable {
  const here = new Set(fs.holds);
  const containers = (facts.containers?.data ?? [])
    .filter((c) => here.has(c.runtime) && c.state === "exited")
    .sort((a, b) => (a.finishedAt ?? a.createdAt) - (b.finishedAt ?? b.createdAt) || compare(a.id, b.id));
  const exited = new Set(containers.map((c) => c.id));
  const inUse = imagesInUse(facts, exited);
  const images = (facts.images?.data ?? [])
    .filter((i) => here.has(i.runtime) && !i.pinned && !isSandboxImage(i) && isFree(i, inUse, facts, exited))
    .sort((a, b) => b.sizeBytes - a.sizeBytes || compare(a.id, b.id));
  return { containers, images, imageBytes: images.reduce((sum, i) => sum + i.sizeBytes, 0) };
}

/** Images (by id, tag or digest) of containers that are not about to go. */
function imagesInUse(facts: Facts, going: ReadonlySet<string>): Set<string> {
  const used = new Set<string>();
  for (const container of facts.containers?.data ?? []) {
    if (going.has(container.id)) continue;
    used.add(container.image);
    if (container.imageId) used.add(container.imageId);
  }
  return used;
}

function isFree(image: Image, inUse: ReadonlySet<string>, facts: Facts, going: ReadonlySet<string>): boolean {
  if (inUse.has(image.id) || image.tags.some((tag) => inUse.has(tag))) return false;
  if (image.usedBy === 0) return true;
  // Used, but only by exited containers that would go first.
  const users = (facts.containers?.data ?? []).filter(
    (c) =>
      c.runtime === image.runtime && (c.imageId === image.id || c.image === image.id || image.tags.includes(c.image)),
  );
  return users.length >= image.usedBy && users.every((c) => going.has(c.id));
}

/** The image of pods' sandboxes: never to be removed, every new pod needs it (runtimes do not always pin it). */
export const isSandboxImage = (image: Image): boolean =>
  image.tags.some((tag) => /(^|[/-])(pause|pause-[a-z0-9]+|sandbox)([:@]|$)/.test(tag));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The two tables that both storage checks show. */
export function reclaimableEvidence(found: Reclaimable, now: number): Evidence[] {
  const evidence: Evidence[] = [];
  if (found.images.length > 0) {
    evidence.push({
      label: t(
        `Unused images: ${found.images.length}, ${bytes(found.imageBytes)} (layers may be shared)`,
        `未使用的镜像：${found.images.length} 个，共 ${bytes(found.imageBytes)}（镜像层可能共享）`,
      ),
      source: "images",
      kind: "table",
      columns: ["image", "id", "size"],
      rows: found.images
        .slice(0, 20)
        .map((i) => [i.tags[0] ?? "untagged", shortId(i.id.replace(/^sha256:/, "")), bytes(i.sizeBytes)]),
    });
  }
  if (found.containers.length > 0) {
    evidence.push({
      label: t(`Dead containers: ${found.containers.length}`, `已退出的容器：${found.containers.length} 个`),
      source: "containers",
      kind: "table",
      columns: ["container", "id", "image", "ended", "exit code"],
      rows: found.containers
        .slice(0, 20)
        .map((c) => [
          c.name,
          shortId(c.id),
          c.image,
          c.finishedAt ? `${age(now - c.finishedAt)} ago` : "–",
          c.exitCode ?? "–",
        ]),
    });
  }
  return evidence;
}
