// Check, where advice on limits is asked for: a container that uses nearly all of the CPU that it may.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { percent, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const containerCpuNearLimit = defineCheck({
  id: "container-cpu-near-limit",
  title: t("Container close to its CPU limit", "容器 CPU 接近上限"),
  area: "cpu",
  severity: "info",
  needs: ["workload"],
  dependsOn: ["container-cpu-throttled"],
  raiseAfterMs: 45_000,
  clearAfterMs: 120_000,
  factTtlMs: 90_000,
  thresholds: { raiseRatio: 0.9, clearRatio: 0.75 },
  suggestion: t(
    "Advice for the application's owner: raise the limit or add replicas before it is throttled. A job that computes all the time is right to use what it has.",
    "供应用负责人参考：在被限流前提高上限或增加副本。持续计算的任务用满额度属于正常。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, open }) => {
    if (!facts.workload.advise.includes("limits")) return [];
    return facts.workload.containers.flatMap(({ id, cpuUsedMillis: used, cpuLimitMillis: limit }) => {
      if (used === null || limit === null || limit <= 0) return [];
      const ratio = used / limit;
      if (!isOver(ratio, open.has(id), thresholds.raiseRatio, thresholds.clearRatio)) return [];
      const who = whoOf(all, id);
      return [
        {
          subject: id,
          reason: "CpuNearLimit",
          message: t(
            `Container ${who} uses ${percent(ratio)} of its CPU limit of ${limit} thousandths of a core.`,
            `容器 ${who} 已使用其 CPU 上限（${limit} 毫核）的 ${percent(ratio)}。`,
          ),
          evidence: [
            numberOf(t("Share of the limit", "占上限比例"), "workload", ratio, "ratio", thresholds.raiseRatio),
          ],
          params: { containerId: id },
        },
      ];
    });
  },
});
