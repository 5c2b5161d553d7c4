// Check: several containers run under one user and together come close to its process limit: the kernel counts by user, not by container.
import { defineCheck } from "../define.ts";
import { isOver, numberOf, tableOf } from "../parts.ts";
import { percent, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const nprocSharedByUid = defineCheck({
  id: "nproc-shared-by-uid",
  title: t("Containers share one user's process limit", "多个容器共用同一用户的进程数上限"),
  area: "workload",
  severity: "warning",
  needs: ["workload"],
  raiseAfterMs: 20_000,
  clearAfterMs: 30_000,
  factTtlMs: 90_000,
  thresholds: { raiseRatio: 0.8, clearRatio: 0.6, leastContainers: 2 },
  suggestion: t(
    "Give each application a user of its own, or drop the nproc limit and limit tasks by control group (pids), which counts per container.",
    "为每个应用使用独立的用户，或取消 nproc 限制，改用按容器计数的 cgroup pids 限制。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, open }) =>
    facts.workload.users.flatMap(({ uid, threads, nprocMax, containers }) => {
      const subject = `uid ${uid}`;
      if (nprocMax <= 0 || containers.length < thresholds.leastContainers) return [];
      const ratio = threads / nprocMax;
      if (!isOver(ratio, open.has(subject), thresholds.raiseRatio, thresholds.clearRatio)) return [];
      return [
        {
          subject,
          reason: "NprocSharedByUid",
          message: t(
            `${containers.length} containers run under user ${uid} and use ${percent(ratio)} of one limit of ${nprocMax} processes.`,
            `${containers.length} 个容器都以用户 ${uid} 运行，合计已用掉同一个 ${nprocMax} 进程上限的 ${percent(ratio)}。`,
          ),
          evidence: [
            numberOf(
              t("Threads of that user on the node", "该用户在本节点的线程数"),
              "workload",
              threads,
              "count",
              Math.floor(nprocMax * thresholds.raiseRatio),
            ),
            tableOf(
              t("Containers under that user", "以该用户运行的容器"),
              "workload",
              ["container", "id"],
              containers.map((id) => [whoOf(all, id), id.slice(0, 12)]),
            ),
          ],
          params: { uid, containers },
        },
      ];
    }),
});
