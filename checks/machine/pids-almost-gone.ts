// Check: the node runs out of process ids or threads; then nothing can be started, not even a shell to look.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { percent, t } from "../text.ts";

export const pidsAlmostGone = defineCheck({
  id: "pids-almost-gone",
  title: t("Process ids almost gone", "进程号即将耗尽"),
  area: "process",
  severity: "warning",
  needs: ["kernel"],
  raiseAfterMs: 10_000,
  clearAfterMs: 30_000,
  factTtlMs: 180_000,
  thresholds: { raiseRatio: 0.85, clearRatio: 0.7, criticalRatio: 0.95 },
  suggestion: t(
    "Find the cgroup with the most tasks and give it a pids limit; a higher kernel limit only buys time.",
    "找出任务数最多的 cgroup 并为其设置 pids 上限；提高内核上限只能争取时间。",
  ),
  repairs: ["raise-pid-max"],
  aliases: ["PIDPressure", "ThreadPressure", "ApproachingKernelPidMax", "active_processes"],
  evaluate: ({ facts: { kernel }, thresholds, open }) => {
    const { used, max, pidMax, threadsMax } = kernel.threads;
    if (max === 0) return { unknown: "the kernel states no limit for tasks" };
    const ratio = used / max;
    if (!isOver(ratio, open.has("pids"), thresholds.raiseRatio, thresholds.clearRatio)) return [];
    return [
      {
        subject: "pids",
        reason: "TasksNearLimit",
        severity: ratio >= thresholds.criticalRatio ? ("critical" as const) : ("warning" as const),
        message: t(
          `About ${used} of ${max} possible tasks exist (${percent(ratio)}); at the limit every fork fails.`,
          `任务数约 ${used}，上限 ${max}（${percent(ratio)}）；达到上限后任何 fork 都会失败。`,
        ),
        evidence: [
          numberOf(t("Used", "已使用"), "kernel", ratio, "ratio", thresholds.raiseRatio),
          numberOf(t("kernel.pid_max", "kernel.pid_max（进程号上限）"), "kernel", pidMax, "count"),
          numberOf(t("kernel.threads-max", "kernel.threads-max（线程数上限）"), "kernel", threadsMax, "count"),
        ],
        params: { used, max },
      },
    ];
  },
});
