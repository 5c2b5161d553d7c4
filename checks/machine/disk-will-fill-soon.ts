// Check: at its present pace a file system is full within hours: time to look before the kubelet evicts and the runtime stops.
import { defineCheck } from "../define.ts";
import { fillable } from "../filesystem-use.ts";
import { isUnderLevel, numberOf } from "../parts.ts";
import { age, ageZh, bytes, percent, t } from "../text.ts";

export const diskWillFillSoon = defineCheck({
  id: "disk-will-fill-soon",
  title: t("Disk full within hours", "磁盘数小时内将写满"),
  area: "storage",
  severity: "warning",
  needs: ["mountHealth", "filesystems"],
  dependsOn: ["disk-almost-full"],
  raiseAfterMs: 45_000,
  clearAfterMs: 60_000,
  factTtlMs: 180_000,
  thresholds: { raiseHours: 8, clearHours: 12, criticalHours: 2, leastUsedRatio: 0.6, historyMs: 3_600_000 },
  suggestion: t(
    "Find the folder that grows (du -x --threshold=1G) and tell its owner; logs without rotation and emptyDir volumes come first.",
    "找出增长的目录（du -x --threshold=1G）并通知其负责人；首先看未轮转的日志和 emptyDir 卷。",
  ),
  repairs: [],
  aliases: ["out_of_disk_space_time", "NodeFilesystemSpaceFillingUp", "HostDiskWillFillIn24Hours"],
  evaluate: ({ facts, thresholds, open }) =>
    fillable(facts.filesystems).flatMap((fs) => {
      const growth = facts.mountHealth.growth.find((row) => row.mountPoint === fs.mountPoint);
      // A pull of images into an empty disk is fast too, and ends.
      if (!growth || growth.overMs < thresholds.historyMs || growth.bytesPerHour <= 0) return [];
      if (fs.usedRatio < thresholds.leastUsedRatio) return [];
      const hours = fs.availableBytes / growth.bytesPerHour;
      if (!isUnderLevel(hours, open.has(fs.mountPoint), thresholds.raiseHours, thresholds.clearHours)) return [];
      const left = hours * 3_600_000;
      return [
        {
          subject: fs.mountPoint,
          reason: "FillsWithinHours",
          severity: hours < thresholds.criticalHours ? ("critical" as const) : ("warning" as const),
          message: t(
            `${fs.mountPoint} (${percent(fs.usedRatio)} full) grows by ${bytes(growth.bytesPerHour)} an hour and is full in about ${age(left)}.`,
            `${fs.mountPoint}（已用 ${percent(fs.usedRatio)}）每小时增长 ${bytes(growth.bytesPerHour)}，约 ${ageZh(left)}后写满。`,
          ),
          evidence: [
            numberOf(
              t("Time left", "剩余时间"),
              "mountHealth",
              Math.round(hours * 3_600),
              "s",
              thresholds.raiseHours * 3_600,
            ),
            numberOf(t("Space left", "剩余空间"), "filesystems", fs.availableBytes, "bytes"),
          ],
          params: { mountPoint: fs.mountPoint },
        },
      ];
    }),
});
