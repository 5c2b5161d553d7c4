// Check: a RAID array runs with fewer disks than it was made for, or does not run.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const raidDegraded = defineCheck({
  id: "raid-degraded",
  title: t("RAID array degraded", "RAID 阵列降级"),
  area: "storage",
  severity: "warning",
  needs: ["blockDevices"],
  raiseAfterMs: 10_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "Replace the failed disk and add the new one (mdadm --add); keep heavy writers away until it has been rebuilt.",
    "更换故障盘并加入新盘（mdadm --add）；重建完成前避免大量写入。",
  ),
  repairs: [],
  aliases: ["NodeRAIDDegraded", "NodeRAIDDiskFailure", "mdstat_disks"],
  evaluate: ({ facts: { blockDevices } }) =>
    blockDevices.arrays
      .filter((array) => /^raid[1-9]/.test(array.level) || !array.active)
      .filter((array) => !array.active || array.disksPresent < array.disksWanted)
      .map((array) => ({
        subject: array.name,
        reason: array.active ? "Degraded" : "Inactive",
        severity: array.active ? ("warning" as const) : ("critical" as const),
        message: array.active
          ? t(
              `${array.name} (${array.level}) runs on ${array.disksPresent} of ${array.disksWanted} disks${array.doing ? `; ${array.doing}` : ""}.`,
              `${array.name}（${array.level}）仅有 ${array.disksPresent} / ${array.disksWanted} 块盘在工作${array.doing ? `；${array.doing}` : ""}。`,
            )
          : t(`${array.name} is not running.`, `${array.name} 未运行。`),
        evidence: [
          tableOf(
            t("Array", "阵列"),
            "blockDevices",
            ["array", "level", "disks", "wanted", "failed", "does"],
            [
              [
                array.name,
                array.level,
                array.disksPresent,
                array.disksWanted,
                array.failed.join(", ") || "–",
                array.doing ?? "–",
              ],
            ],
          ),
        ],
        params: { array: array.name, failed: array.failed },
      })),
});
