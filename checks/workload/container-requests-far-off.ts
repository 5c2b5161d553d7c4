// Check, where advice on requests is asked for: containers that keep far more than they have ever used: nobody else can have it.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { bytes, percent, t } from "../text.ts";
import { containerOf, whoOf } from "./evidence.ts";

const MIB = 1_048_576;

export const containerRequestsFarOff = defineCheck({
  id: "container-requests-far-off",
  title: t("Containers reserve far more than they use", "容器预留资源远高于使用量"),
  area: "workload",
  severity: "info",
  needs: ["workload", "containers"],
  raiseAfterMs: 45_000,
  clearAfterMs: 30_000,
  factTtlMs: 90_000,
  thresholds: { usedShare: 0.1, leastBytes: 512 * MIB, leastMillis: 500, ageMs: 86_400_000 },
  suggestion: t(
    "Advice for the application's owner: ask for about what the peak of a busy week needs; the rest of the node's memory is idle.",
    "供应用负责人参考：按繁忙一周的峰值申请即可；多出的部分只是闲置。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, now }) => {
    if (!facts.workload.advise.includes("requests")) return [];
    const idle = facts.workload.containers.filter((c) => {
      const startedAt = containerOf(all, c.id)?.startedAt ?? null;
      if (startedAt === null || now - startedAt < thresholds.ageMs) return false;
      const { memoryLimitBytes: limit, memoryPeakBytes: peak, cpuRequestMillis: wanted, cpuUsedMillis: used } = c;
      const memory =
        limit !== null && peak !== null && limit >= thresholds.leastBytes && peak < limit * thresholds.usedShare;
      const cpu =
        wanted !== null && used !== null && wanted >= thresholds.leastMillis && used < wanted * thresholds.usedShare;
      return memory && (wanted === null || cpu);
    });
    if (idle.length === 0) return [];
    return [
      {
        subject: "node",
        reason: "RequestsFarOff",
        message: t(
          `${idle.length} container(s) have never used a tenth of the memory that is kept for them.`,
          `有 ${idle.length} 个容器从未用到其预留内存的十分之一。`,
        ),
        evidence: [
          tableOf(
            t("Reserved and used", "预留与使用"),
            "workload",
            ["container", "memory limit", "memory peak", "share", "CPU asked for", "CPU used"],
            idle.map((c) => [
              whoOf(all, c.id),
              bytes(c.memoryLimitBytes ?? 0),
              bytes(c.memoryPeakBytes ?? 0),
              percent((c.memoryPeakBytes ?? 0) / (c.memoryLimitBytes || 1)),
              c.cpuRequestMillis ?? "–",
              c.cpuUsedMillis ?? "–",
            ]),
          ),
        ],
        params: { containers: idle.slice(0, 200).map((c) => c.id) },
      },
    ];
  },
});
