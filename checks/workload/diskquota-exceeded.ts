// Check: a container has used up its disk quota: its writes fail with "Disk quota exceeded" although the node's disk has room.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { bytes, percent, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const diskquotaExceeded = defineCheck({
  id: "diskquota-exceeded",
  title: t("Disk quota used up", "磁盘配额用尽"),
  area: "storage",
  severity: "warning",
  needs: ["quotas"],
  raiseAfterMs: 20_000,
  clearAfterMs: 20_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.95, clearRatio: 0.85 },
  aliases: ["EDQUOT", "Disk quota exceeded"],
  suggestion: t(
    "Advice for the application's owner: find the largest files (du -x / inside), move logs and caches to a volume; raise the quota by approval.",
    "供应用负责人参考：找出最大的文件（容器内 du -x /），把日志和缓存移到数据卷；如需提高配额请走审批。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, open }) =>
    facts.quotas.flatMap(({ containerId, limitBytes, usedBytes }) => {
      if (limitBytes === null || limitBytes <= 0 || usedBytes === null) return [];
      const ratio = usedBytes / limitBytes;
      if (!isOver(ratio, open.has(containerId), thresholds.raiseRatio, thresholds.clearRatio)) return [];
      const who = whoOf(all, containerId);
      return [
        {
          subject: containerId,
          reason: ratio >= 1 ? "QuotaExceeded" : "QuotaAlmostExceeded",
          message: t(
            `Container ${who} has used ${percent(ratio)} of its disk quota of ${bytes(limitBytes)}.`,
            `容器 ${who} 已使用其 ${bytes(limitBytes)} 磁盘配额的 ${percent(ratio)}。`,
          ),
          evidence: [
            numberOf(t("Used", "已使用"), "quotas", usedBytes, "bytes", limitBytes * thresholds.raiseRatio),
            numberOf(t("Quota", "配额"), "quotas", limitBytes, "bytes"),
          ],
          params: { containerId },
        },
      ];
    }),
});
