// Check: many more tasks want to run, or wait for a disk, than the node has CPUs, and for long.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { t } from "../text.ts";

export const loadTooHigh = defineCheck({
  id: "load-too-high",
  title: t("Load far above the CPUs", "负载远超 CPU 数"),
  area: "cpu",
  severity: "warning",
  needs: ["resources", "identity", "vm"],
  // Tasks that hang count as load: that is told by what they wait for.
  dependsOn: ["tasks-stuck", "filesystem-frozen", "nfs-not-answering"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 600_000,
  thresholds: { raisePerCpu: 8, clearPerCpu: 6, longRaisePerCpu: 4, longClearPerCpu: 3 },
  suggestion: t(
    "Tell tasks that run from tasks that wait: the first need CPU limits or another node, the second a faster or healthier disk.",
    "先区分在运行的任务和在等待的任务：前者需要 CPU 限额或更换节点，后者需要更快或更健康的磁盘。",
  ),
  repairs: [],
  aliases: ["load_average_15", "NodeSystemSaturation"],
  evaluate: ({ facts: { resources, identity, vm }, thresholds, open }) => {
    if (identity.cpuCount === 0) return { unknown: "the number of CPUs is not known" };
    const short = resources.load5 / identity.cpuCount;
    const long = resources.load15 / identity.cpuCount;
    const isOpen = open.has("load");
    const { raisePerCpu, clearPerCpu, longRaisePerCpu, longClearPerCpu } = thresholds;
    if (!isOver(short, isOpen, raisePerCpu, clearPerCpu) && !isOver(long, isOpen, longRaisePerCpu, longClearPerCpu))
      return [];
    const waits = vm.blocked > vm.runnable;
    return [
      {
        subject: "load",
        reason: waits ? "TasksWaitForDisk" : "TasksWaitForCpu",
        message: t(
          `Load is ${resources.load5} (5 min) and ${resources.load15} (15 min) on ${identity.cpuCount} CPUs; most tasks ${waits ? "wait for a disk" : "want a CPU"}.`,
          `负载为 ${resources.load5}（5 分钟）和 ${resources.load15}（15 分钟），共 ${identity.cpuCount} 个 CPU；多数任务在${waits ? "等待磁盘" : "争用 CPU"}。`,
        ),
        evidence: [
          numberOf(
            t("Load per CPU, 5 min", "每 CPU 负载（5 分钟）"),
            "resources",
            Math.round(short * 10) / 10,
            "count",
            raisePerCpu,
          ),
          numberOf(
            t("Load per CPU, 15 min", "每 CPU 负载（15 分钟）"),
            "resources",
            Math.round(long * 10) / 10,
            "count",
            longRaisePerCpu,
          ),
          numberOf(t("Tasks that want a CPU now", "当前可运行任务"), "vm", vm.runnable, "count"),
          numberOf(t("Tasks that wait for a disk now", "当前等待磁盘的任务"), "vm", vm.blocked, "count"),
        ],
        params: {},
      },
    ];
  },
});
