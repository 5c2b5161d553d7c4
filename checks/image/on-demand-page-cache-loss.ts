// Check: memory is so tight that programs of on-demand images are thrown out of the page cache and read over the network again and again.
import { defineCheck } from "../define.ts";
import { percent, t } from "../text.ts";

export const onDemandPageCacheLoss = defineCheck({
  id: "on-demand-page-cache-loss",
  title: t("Page cache of on-demand images is lost", "按需加载镜像的页缓存被回收"),
  area: "image",
  severity: "warning",
  needs: ["distribution", "resources"],
  raiseAfterMs: 30_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { raisePerMinute: 3_000, clearPerMinute: 1_000, memoryRatio: 0.9 },
  suggestion: t(
    "Protect the page cache (memory.low of the pods' group), finish the local copy, and move batch jobs away.",
    "为页缓存提供保护（Pod 所在组的 memory.low），完成本地下载，并迁走离线任务。",
  ),
  repairs: [],
  evaluate: ({ facts: { distribution, resources }, thresholds, open }) => {
    const remote = (distribution.onDemand?.devices ?? []).filter((device) => device.state === "remote");
    if (remote.length === 0) return [];
    const faults = distribution.majorFaultsPerMinute;
    if (faults === null) return { unknown: "major faults need two looks, the agent has just started" };
    const least = open.has("page-cache") ? thresholds.clearPerMinute : thresholds.raisePerMinute;
    if (faults < least || resources.memoryUsedRatio < thresholds.memoryRatio) return [];
    return [
      {
        subject: "page-cache",
        reason: "RemoteReadsByReclaim",
        message: t(
          `${faults} major faults a minute at ${percent(resources.memoryUsedRatio)} of memory, with ${remote.length} images still read over the network.`,
          `内存使用 ${percent(resources.memoryUsedRatio)}，每分钟 ${faults} 次主缺页，且有 ${remote.length} 个镜像仍需远程读取。`,
        ),
        evidence: [
          {
            label: t("Major faults a minute", "每分钟主缺页"),
            source: "distribution",
            kind: "number",
            value: faults,
            unit: "count",
            threshold: thresholds.raisePerMinute,
          },
          {
            label: t("Memory used", "内存使用率"),
            source: "resources",
            kind: "number",
            value: resources.memoryUsedRatio,
            unit: "ratio",
            threshold: thresholds.memoryRatio,
          },
        ],
        params: { devices: remote.length },
      },
    ];
  },
});
