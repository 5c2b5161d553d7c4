// Check: a container that the scheduler holds back in many of its periods: requests wait although the node has time to give.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { percent, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const containerCpuThrottled = defineCheck({
  id: "container-cpu-throttled",
  title: t("Container CPU throttled", "容器 CPU 被限流"),
  area: "cpu",
  severity: "info",
  needs: ["workload"],
  // The ratio itself is one of five minutes.
  raiseAfterMs: 0,
  clearAfterMs: 60_000,
  factTtlMs: 90_000,
  thresholds: { raiseRatio: 0.25, clearRatio: 0.15 },
  aliases: ["CPUThrottlingHigh"],
  suggestion: t(
    "Advice for the application's owner: raise the CPU limit or run fewer threads. It matters only where something is slow.",
    "供应用负责人参考：提高 CPU 上限或减少线程数。只有确实变慢时才需要处理。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, open }) =>
    facts.workload.containers.flatMap(({ id, throttledRatio, cpuLimitMillis, cpuUsedMillis }) => {
      if (
        throttledRatio === null ||
        !isOver(throttledRatio, open.has(id), thresholds.raiseRatio, thresholds.clearRatio)
      )
        return [];
      const who = whoOf(all, id);
      return [
        {
          subject: id,
          reason: "Throttled",
          message: t(
            `Container ${who} was held back in ${percent(throttledRatio)} of its periods over 5 min.`,
            `5 分钟内容器 ${who} 有 ${percent(throttledRatio)} 的调度周期被限流。`,
          ),
          evidence: [
            numberOf(
              t("Throttled periods", "被限流的周期"),
              "workload",
              throttledRatio,
              "ratio",
              thresholds.raiseRatio,
            ),
            numberOf(
              t("CPU limit, thousandths of a core", "CPU 上限（毫核）"),
              "workload",
              cpuLimitMillis ?? 0,
              "count",
            ),
            numberOf(t("CPU used, thousandths of a core", "CPU 使用（毫核）"), "workload", cpuUsedMillis ?? 0, "count"),
          ],
          params: { containerId: id },
        },
      ];
    }),
});
