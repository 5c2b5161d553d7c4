// Check: executables and files are read again and again because memory is tight: page cache is lost faster than it is used.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { percent, t } from "../text.ts";

export const majorFaultsStorm = defineCheck({
  id: "major-faults-storm",
  title: t("Storm of major page faults", "主缺页风暴"),
  area: "memory",
  severity: "warning",
  needs: ["vm"],
  dependsOn: ["memory-low", "memory-pressure"],
  raiseAfterMs: 45_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { raisePerS: 1_000, clearPerS: 500, tightRatio: 0.1 },
  suggestion: t(
    "Make room in memory or protect the page cache of what must stay (memory.low). With on-demand images, finish their local copy first.",
    "腾出内存，或用 memory.low 保护关键容器的页缓存。使用按需加载镜像时，先完成其本地拷贝。",
  ),
  repairs: [],
  aliases: ["NodeMemoryMajorPagesFaults"],
  evaluate: ({ facts: { vm }, thresholds, open }) => {
    if (vm.majorFaultsPerS === null) return { unknown: "one look is not a rate yet" };
    const free = vm.memoryTotalBytes > 0 ? vm.memoryAvailableBytes / vm.memoryTotalBytes : 1;
    // With memory to spare it is a program that starts.
    if (free > thresholds.tightRatio) return [];
    if (!isOver(vm.majorFaultsPerS, open.has("faults"), thresholds.raisePerS, thresholds.clearPerS)) return [];
    return [
      {
        subject: "faults",
        reason: "Thrashing",
        message: t(
          `${vm.majorFaultsPerS} pages a second are read back from disk with ${percent(free)} of memory available.`,
          `可用内存仅 ${percent(free)}，每秒有 ${vm.majorFaultsPerS} 页需要重新从磁盘读入。`,
        ),
        evidence: [
          numberOf(
            t("Major faults per second", "每秒主缺页数"),
            "vm",
            vm.majorFaultsPerS,
            "count",
            thresholds.raisePerS,
          ),
          numberOf(t("Memory available", "可用内存"), "vm", free, "ratio", thresholds.tightRatio),
        ],
        params: {},
      },
    ];
  },
});
