// Check: all tasks wait for memory a good part of the time (PSI): the node thrashes, whatever the numbers of free memory say.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { t } from "../text.ts";

export const memoryPressure = defineCheck({
  id: "memory-pressure",
  title: t("Memory pressure", "内存压力过高"),
  area: "memory",
  severity: "warning",
  needs: ["pressure"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { raisePercent: 20, clearPercent: 10, criticalPercent: 60 },
  suggestion: t(
    "Move or end the container that reclaims most (memory.pressure of its cgroup); protect what must stay with memory.low.",
    "迁走或结束回收最频繁的容器（看其 cgroup 的 memory.pressure）；对必须保住的容器设置 memory.low。",
  ),
  repairs: [],
  evaluate: ({ facts: { pressure }, thresholds, open }) => {
    // A kernel without PSI cannot have this trouble told.
    const full = pressure.memory?.full;
    if (!full) return [];
    if (!isOver(full.avg60, open.has("memory"), thresholds.raisePercent, thresholds.clearPercent)) return [];
    return [
      {
        subject: "memory",
        reason: "AllTasksStalled",
        severity: full.avg60 >= thresholds.criticalPercent ? ("critical" as const) : ("warning" as const),
        message: t(
          `In the last minute nothing ran for ${full.avg60}% of the time because all tasks waited for memory.`,
          `最近一分钟内，有 ${full.avg60}% 的时间所有任务都在等待内存，没有任何进展。`,
        ),
        evidence: [
          numberOf(
            t("All stalled, last minute", "全部停顿（最近一分钟）"),
            "pressure",
            full.avg60 / 100,
            "ratio",
            thresholds.raisePercent / 100,
          ),
        ],
        params: {},
      },
    ];
  },
});
