// Check: a filesystem runs out of inodes; writes then fail with "no space left on device" while df shows free space.
import { defineCheck } from "./define.ts";
import { fillable, reclaimable, reclaimableEvidence } from "./filesystem-use.ts";
import { percent, t } from "./text.ts";

export const inodesAlmostGone = defineCheck({
  id: "inodes-almost-gone",
  title: t("Inodes almost gone", "inode 即将耗尽"),
  area: "storage",
  severity: "warning",
  needs: ["filesystems"],
  raiseAfterMs: 10_000,
  clearAfterMs: 10_000,
  factTtlMs: 180_000,
  thresholds: { raiseRatio: 0.9, clearRatio: 0.85, criticalRatio: 0.98 },
  suggestion: t(
    "Remove dead containers and unused images: each layer brings thousands of files. When that is not enough, find the folder with the most files: the article shows how.",
    "清理已退出的容器和未使用的镜像：每个镜像层都带来成千上万个文件。若仍不够，请找出文件最多的目录，做法见知识库文章。",
  ),
  repairs: ["prune-runtime"],
  evaluate: ({ facts, all, thresholds, now, open }) =>
    fillable(facts.filesystems)
      // Filesystems that make inodes on demand (btrfs, xfs in part) report none.
      .filter((fs) => fs.inodesTotal > 0)
      .filter((fs) => fs.inodesUsedRatio >= (open.has(fs.mountPoint) ? thresholds.clearRatio : thresholds.raiseRatio))
      .map((fs) => {
        const left = Math.max(0, fs.inodesTotal - fs.inodesUsed);
        return {
          subject: fs.mountPoint,
          reason: "InodesLow",
          severity: fs.inodesUsedRatio >= thresholds.criticalRatio ? ("critical" as const) : ("warning" as const),
          message: t(
            `${fs.mountPoint} has used ${percent(fs.inodesUsedRatio)} of its inodes, ${left} left; its space is ${percent(fs.usedRatio)} used.`,
            `${fs.mountPoint} 的 inode 已使用 ${percent(fs.inodesUsedRatio)}，剩余 ${left} 个；磁盘空间已使用 ${percent(fs.usedRatio)}。`,
          ),
          evidence: [
            {
              label: t("Inodes used", "inode 使用率"),
              source: "filesystems" as const,
              kind: "number" as const,
              value: fs.inodesUsedRatio,
              unit: "ratio" as const,
              threshold: thresholds.raiseRatio,
            },
            {
              label: t("Inodes left", "剩余 inode"),
              source: "filesystems" as const,
              kind: "number" as const,
              value: left,
              unit: "count" as const,
            },
            ...reclaimableEvidence(reclaimable(fs, all), now),
          ],
          params: { mountPoint: fs.mountPoint, device: fs.device, resource: "inodes" },
        };
      }),
});
