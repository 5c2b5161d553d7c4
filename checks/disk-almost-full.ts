// Check: a filesystem runs out of space; the evidence names what the runtime could give back.
import { defineCheck } from "./define.ts";
import { fillable, reclaimable, reclaimableEvidence } from "./filesystem-use.ts";
import { bytes, percent, t } from "./text.ts";

export const diskAlmostFull = defineCheck({
  id: "disk-almost-full",
  title: t("Disk almost full", "磁盘空间即将耗尽"),
  area: "storage",
  severity: "warning",
  needs: ["filesystems"],
  raiseAfterMs: 10_000,
  clearAfterMs: 10_000,
  factTtlMs: 180_000,
  thresholds: { raiseRatio: 0.9, clearRatio: 0.85, criticalRatio: 0.97 },
  suggestion: t(
    "Remove dead containers and unused images first. When they do not explain the use, look for logs and volumes: the article shows how.",
    "先清理已退出的容器和未使用的镜像。若它们不足以解释占用，请检查日志和数据卷，做法见知识库文章。",
  ),
  repairs: ["prune-runtime"],
  evaluate: ({ facts, all, thresholds, now, open }) =>
    fillable(facts.filesystems)
      .filter((fs) => fs.usedRatio >= (open.has(fs.mountPoint) ? thresholds.clearRatio : thresholds.raiseRatio))
      .map((fs) => {
        const found = reclaimable(fs, all);
        const holds = fs.holds.length > 0 ? fs.holds.join(", ") : null;
        return {
          subject: fs.mountPoint,
          reason: "SpaceLow",
          severity: fs.usedRatio >= thresholds.criticalRatio ? ("critical" as const) : ("warning" as const),
          message: t(
            `${fs.mountPoint}${holds ? ` (holds ${holds})` : ""} is ${percent(fs.usedRatio)} full, ${bytes(fs.availableBytes)} left of ${bytes(fs.totalBytes)}.`,
            `${fs.mountPoint}${holds ? `（${holds} 的数据目录所在）` : ""}已使用 ${percent(fs.usedRatio)}，总量 ${bytes(fs.totalBytes)}，剩余 ${bytes(fs.availableBytes)}。`,
          ),
          evidence: [
            {
              label: t("Used", "已使用"),
              source: "filesystems" as const,
              kind: "number" as const,
              value: fs.usedRatio,
              unit: "ratio" as const,
              threshold: thresholds.raiseRatio,
            },
            {
              label: t("Left", "剩余"),
              source: "filesystems" as const,
              kind: "number" as const,
              value: fs.availableBytes,
              unit: "bytes" as const,
            },
            ...reclaimableEvidence(found, now),
          ],
          params: { mountPoint: fs.mountPoint, device: fs.device, resource: "bytes" },
        };
      }),
});
