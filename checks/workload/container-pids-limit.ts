// Check: a container at the limit of its tasks: it cannot start processes or threads any more, or was refused just now.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { percent, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const containerPidsLimit = defineCheck({
  id: "container-pids-limit",
  title: t("Container at its task limit", "容器达到任务数上限"),
  area: "cgroup",
  severity: "warning",
  needs: ["workload"],
  raiseAfterMs: 10_000,
  clearAfterMs: 20_000,
  factTtlMs: 90_000,
  thresholds: { raiseRatio: 0.95, clearRatio: 0.8, refusedMs: 120_000 },
  aliases: ["PidsLimit", "cgroup: fork rejected by pids controller"],
  suggestion: t(
    "Look at what starts so many tasks: a leak, a pool that is too large, or a fork bomb, against which the limit stands. Raise it only for the owner.",
    "先看是什么产生了这么多任务：泄漏、线程池过大，还是 fork 炸弹（上限正是为此而设）。确认后再为应用负责人提高上限。",
  ),
  repairs: ["raise-pids-limit"],
  evaluate: ({ facts, all, thresholds, now, open }) =>
    facts.workload.containers.flatMap((seen) => {
      const { id, pidsCurrent, pidsMax, pidsRefusedAt } = seen;
      if (pidsMax === null || pidsMax <= 0 || pidsCurrent === null) return [];
      const ratio = pidsCurrent / pidsMax;
      const isRefused = pidsRefusedAt !== null && now - pidsRefusedAt < thresholds.refusedMs;
      if (!isRefused && !isOver(ratio, open.has(id), thresholds.raiseRatio, thresholds.clearRatio)) return [];
      const who = whoOf(all, id);
      return [
        {
          subject: id,
          reason: isRefused ? "ForkRefused" : "TasksNearLimit",
          message: isRefused
            ? t(
                `Container ${who} was refused new tasks by its limit of ${pidsMax}.`,
                `容器 ${who} 因任务数上限 ${pidsMax} 被拒绝创建新任务。`,
              )
            : t(
                `Container ${who} uses ${percent(ratio)} of its ${pidsMax} tasks.`,
                `容器 ${who} 已使用 ${pidsMax} 个任务上限的 ${percent(ratio)}。`,
              ),
          evidence: [
            numberOf(
              t("Tasks", "任务数"),
              "workload",
              pidsCurrent,
              "count",
              Math.floor(pidsMax * thresholds.raiseRatio),
            ),
            numberOf(t("Limit", "上限"), "workload", pidsMax, "count"),
            numberOf(t("Limit at first", "最初的上限"), "workload", seen.pidsMaxFirst ?? pidsMax, "count"),
            numberOf(t("Refused so far", "累计被拒次数"), "workload", seen.pidsRefused ?? 0, "count"),
          ],
          params: { containerId: id, pidsMax, pidsMaxFirst: seen.pidsMaxFirst ?? pidsMax },
        },
      ];
    }),
});
