// Check: a container whose memory, without the cache that can go at once, is close to its limit: the next allocation may end it.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { bytes, percent, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const containerMemoryNearLimit = defineCheck({
  id: "container-memory-near-limit",
  title: t("Container close to its memory limit", "容器内存接近上限"),
  area: "memory",
  severity: "info",
  needs: ["workload"],
  dependsOn: ["container-oom-killed"],
  raiseAfterMs: 45_000,
  clearAfterMs: 60_000,
  factTtlMs: 90_000,
  thresholds: { raiseRatio: 0.95, clearRatio: 0.85 },
  suggestion: t(
    "Advice for the application's owner: raise the limit, or find what grows. A heap that is sized to the limit leaves no room for threads and buffers.",
    "供应用负责人参考：提高上限或查明增长来源。堆大小若等于上限，线程和缓冲区就没有余量。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, open }) =>
    facts.workload.containers.flatMap((seen) => {
      const { id, memoryUsedBytes: used, memoryLimitBytes: limit } = seen;
      if (used === null || limit === null || limit <= 0) return [];
      const ratio = used / limit;
      if (!isOver(ratio, open.has(id), thresholds.raiseRatio, thresholds.clearRatio)) return [];
      const who = whoOf(all, id);
      return [
        {
          subject: id,
          reason: "MemoryNearLimit",
          message: t(
            `Container ${who} uses ${percent(ratio)} of its ${bytes(limit)} of memory.`,
            `容器 ${who} 已使用 ${bytes(limit)} 内存上限的 ${percent(ratio)}。`,
          ),
          evidence: [
            numberOf(t("Share of the limit", "占上限比例"), "workload", ratio, "ratio", thresholds.raiseRatio),
          ],
          params: { containerId: id },
        },
      ];
    }),
});
