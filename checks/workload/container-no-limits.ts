// Check, where advice on limits is asked for: containers without a memory limit: one leak there takes the whole node.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const containerNoLimits = defineCheck({
  id: "container-no-limits",
  title: t("Containers without a memory limit", "容器未设置内存上限"),
  area: "workload",
  severity: "info",
  needs: ["workload"],
  raiseAfterMs: 45_000,
  clearAfterMs: 30_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Advice for the application's owner: give them a memory limit. Without one the kernel chooses whom to end when the node runs out.",
    "供应用负责人参考：为其设置内存上限。否则节点内存耗尽时由内核决定终止谁。",
  ),
  repairs: [],
  evaluate: ({ facts, all }) => {
    if (!facts.workload.advise.includes("limits")) return [];
    const free = facts.workload.containers.filter((c) => c.memoryLimitBytes === null && c.podMemoryLimitBytes === null);
    if (free.length === 0) return [];
    return [
      {
        subject: "node",
        reason: "NoMemoryLimit",
        message: t(
          `${free.length} of ${facts.workload.containers.length} containers have no memory limit.`,
          `${facts.workload.containers.length} 个容器中有 ${free.length} 个未设置内存上限。`,
        ),
        evidence: [
          tableOf(
            t("Without a limit", "未设上限的容器"),
            "workload",
            ["container", "pid", "CPU limit (thousandths)"],
            free.map((c) => [whoOf(all, c.id), c.process.pid, c.cpuLimitMillis ?? "–"]),
          ),
        ],
        params: { containers: free.slice(0, 200).map((c) => c.id) },
      },
    ];
  },
});
