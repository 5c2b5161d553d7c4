// Repair: give space or inodes back by removing an exact list of unused images and exited containers – as much as is needed, not more.
import { diskAlmostFull } from "../checks/disk-almost-full.ts";
import { type Filesystem, fillable, reclaimable } from "../checks/filesystem-use.ts";
import { inodesAlmostGone } from "../checks/inodes-almost-gone.ts";
import { bytes, percent, t } from "../checks/text.ts";
import { deadContainersMany } from "../checks/workload/dead-containers-many.ts";
import type { FactData } from "../protocol/facts.ts";
import { defineRepair, type RepairContext, type Step } from "./define.ts";
import { factsFresh, stillThere } from "./guards.ts";

type Image = FactData["images"][number];
type Container = FactData["containers"][number];
type Selection = { images: Image[]; containers: Container[]; knownBytes: number };

/** How far below the clear threshold the plan aims, as a share of the filesystem: a finding must not come back at the next pull. */
const MARGIN_RATIO = 0.05;
/** An exited container younger than this may be about to be restarted by its manager, ms (the first back-off of a kubelet). */
const CONTAINER_AGE_MIN_MS = 10_000;

type Target = { fs: Filesystem; inodes: boolean; ratio: number; clearRatio: number };

function targetOf(ctx: RepairContext): Target | undefined {
  const fs = fillable(ctx.facts.filesystems?.data ?? []).find((f) => f.mountPoint === ctx.finding.subject);
  if (!fs) return undefined;
  const inodes = ctx.finding.checkId === inodesAlmostGone.id;
  const { clearRatio } = (inodes ? inodesAlmostGone : diskAlmostFull).thresholds;
  return { fs, inodes, ratio: inodes ? fs.inodesUsedRatio : fs.usedRatio, clearRatio };
}

/** Bytes that must go so that the filesystem ends `MARGIN_RATIO` below the clear threshold. */
function bytesToFree({ fs, clearRatio }: Target): number {
  return Math.max(0, fs.usedBytes - (clearRatio - MARGIN_RATIO) * (fs.usedBytes + fs.availableBytes));
}

/** How far below the clear threshold a runtime's dead containers are brought. */
const DEAD_MARGIN = 10;

const isDeadMany = (ctx: RepairContext): boolean => ctx.finding.checkId === deadContainersMany.id;

const exitedOf = (ctx: RepairContext): Container[] =>
  (ctx.facts.containers?.data ?? []).filter((c) => c.runtime === ctx.finding.subject && c.state === "exited");

/** The oldest exited containers of one runtime; the last of each name goes last, since it tells how that one ended. */
function selectDead(ctx: RepairContext): Container[] {
  const dead = exitedOf(ctx);
  const { clearCount } = deadContainersMany.thresholds;
  if (dead.length < clearCount) return [];
  const endedAt = (c: Container) => c.finishedAt ?? c.createdAt;
  const newestFirst = [...dead].sort((a, b) => endedAt(b) - endedAt(a) || (a.id < b.id ? -1 : 1));
  const named = new Set<string>();
  const last = new Set(newestFirst.filter((c) => !named.has(nameOf(c)) && named.add(nameOf(c))).map((c) => c.id));
  const oldestFirst = newestFirst.reverse().filter((c) => ctx.now - endedAt(c) >= CONTAINER_AGE_MIN_MS);
  const inTurn = [...oldestFirst.filter((c) => !last.has(c.id)), ...oldestFirst.filter((c) => last.has(c.id))];
  return inTurn.slice(0, Math.min(DEAD_MAX, dead.length - (clearCount - DEAD_MARGIN)));
}

const nameOf = (c: Container): string => `${c.podUid ?? c.podId ?? ""}/${c.name}`;
/** Of one plan; the rest comes with the next. */
const DEAD_MAX = 1_000;

/**
 * Images that no container uses first, largest first: they can be pulled again. Then exited containers, oldest first, and with them the images that
 * only they used. For inodes nobody knows how many files a layer holds, so everything that is unused is taken.
 */
export function selectForPrune(ctx: RepairContext): Selection {
  if (isDeadMany(ctx)) return { images: [], containers: selectDead(ctx), knownBytes: 0 };
  const target = targetOf(ctx);
  const none: Selection = { images: [], containers: [], knownBytes: 0 };
  if (!target || target.ratio < target.clearRatio) return none;
  const found = reclaimable(target.fs, ctx.facts);
  const old = (c: Container) => ctx.now - (c.finishedAt ?? c.createdAt) >= CONTAINER_AGE_MIN_MS;
  const needed = target.inodes ? Number.POSITIVE_INFINITY : bytesToFree(target);
  const usage = new Map((ctx.facts.containerUsage?.data ?? []).map((u) => [u.id, u.diskUsedBytes ?? 0]));
  const picked: Selection = none;
  for (const image of found.images.filter((i) => i.usedBy === 0)) {
    if (picked.knownBytes >= needed) return picked;
    picked.images.push(image);
    picked.knownBytes += image.sizeBytes;
  }
  for (const container of found.containers.filter(old)) {
    if (picked.knownBytes >= needed) return picked;
    picked.containers.push(container);
    picked.knownBytes += usage.get(container.id) ?? 0;
  }
  const young = found.containers.filter((c) => !old(c));
  for (const image of found.images.filter((i) => i.usedBy > 0)) {
    if (picked.knownBytes >= needed) return picked;
    if (young.some((c) => c.imageId === image.id || image.tags.includes(c.image))) continue;
    picked.images.push(image);
    picked.knownBytes += image.sizeBytes;
  }
  return picked;
}

const summary = ({ images, containers, knownBytes }: Selection): string =>
  `${images.length} unused images, ${containers.length} exited containers, ${bytes(knownBytes)} of known size`;

export const pruneRuntime = defineRepair({
  id: "prune-runtime",
  title: t("Remove unused images and dead containers", "清理未使用的镜像和已退出的容器"),
  risk: "destructive",
  verifies: ["disk-almost-full", "inodes-almost-gone", "dead-containers-many"],
  // A filesystem may be short of both: giving space back is a success although inodes stay short.
  verifiesOwnOnly: true,
  settleMs: 3_000,
  verifyWithinMs: 120_000,
  guards: (ctx) => {
    const target = targetOf(ctx);
    const selection = selectForPrune(ctx);
    const isDead = isDeadMany(ctx);
    const runtimes = (ctx.facts.runtimes?.data ?? []).filter((r) =>
      isDead ? r.id === ctx.finding.subject : target?.fs.holds.includes(r.id),
    );
    const silent = runtimes.find((runtime) => !runtime.probe.ok);
    return [
      factsFresh(ctx, isDead ? ["containers", "runtimes"] : ["filesystems", "containers", "images", "runtimes"]),
      stillThere(
        isDead && exitedOf(ctx).length >= deadContainersMany.thresholds.clearCount
          ? `${exitedOf(ctx).length} exited containers of ${ctx.finding.subject}`
          : target && target.ratio >= target.clearRatio
            ? `${target.fs.mountPoint}: ${percent(target.ratio)} of ${target.inodes ? "inodes" : "space"} used, clear below ${percent(target.clearRatio)}`
            : null,
      ),
      {
        id: "runtime-answers",
        title: t("The runtime that keeps its data here answers", "数据位于此处的运行时应答正常"),
        ok: runtimes.length > 0 && !silent,
        detail: silent
          ? `${silent.id} does not answer`
          : runtimes.map((r) => r.id).join(", ") || "no runtime keeps its data on this filesystem",
      },
      {
        id: "something-to-remove",
        title: t("There is something unused to remove", "存在可清理的内容"),
        ok: selection.images.length + selection.containers.length > 0,
        detail: summary(selection),
      },
    ];
  },
  plan: (ctx) => {
    const selection = selectForPrune(ctx);
    const { images, containers } = selection;
    const runtimes = [...new Set([...images.map((i) => i.runtime), ...containers.map((c) => c.runtime)])].sort();
    const steps = runtimes.map((runtime): Step => {
      const params = {
        runtime,
        containers: containers.filter((c) => c.runtime === runtime).map((c) => c.id),
        images: images.filter((i) => i.runtime === runtime).map((i) => i.id),
      };
      return {
        title: t(
          `Remove ${params.images.length} unused image(s) and ${params.containers.length} exited container(s) of ${runtime}`,
          `移除 ${runtime} 的 ${params.images.length} 个未使用镜像和 ${params.containers.length} 个已退出容器`,
        ),
        action: { type: "runtime.prune", params },
      };
    });
    if (steps.length === 0) {
      return {
        nothing: t("The runtimes hold nothing unused on this filesystem.", "运行时在该文件系统上没有未使用的内容。"),
      };
    }
    return {
      evidence: { sections: ["disk", "containers"], ...(isDeadMany(ctx) ? {} : { path: ctx.finding.subject }) },
      steps,
      touches: t(
        `Removes exactly these ${images.length} images and ${containers.length} exited containers with their logs; images can be pulled again. No running container, no volume.`,
        `仅移除列出的 ${images.length} 个镜像和 ${containers.length} 个已退出容器（含其日志），镜像可重新拉取；不触碰运行中的容器和数据卷。`,
      ),
    };
  },
});
