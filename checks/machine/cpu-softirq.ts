// Check: one CPU does nothing but serve interrupts of the network: packets wait for it while other CPUs idle.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { percent, t } from "../text.ts";

export const cpuSoftirq = defineCheck({
  id: "cpu-softirq",
  title: t("One CPU full of soft interrupts", "单个 CPU 被软中断占满"),
  area: "cpu",
  severity: "warning",
  needs: ["vm"],
  raiseAfterMs: 45_000,
  clearAfterMs: 45_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.8, clearRatio: 0.6 },
  suggestion: t(
    "Spread the card's queues over more CPUs (ethtool -L, rps_cpus, irqbalance) and find the pod that makes the packets.",
    "将网卡队列分散到更多 CPU（ethtool -L、rps_cpus、irqbalance），并找出产生这些报文的 Pod。",
  ),
  repairs: [],
  evaluate: ({ facts: { vm }, thresholds, open }) => {
    if (vm.softirqMaxRatio === null) return { unknown: "one look is not a rate yet" };
    if (!isOver(vm.softirqMaxRatio, open.has("cpu"), thresholds.raiseRatio, thresholds.clearRatio)) return [];
    return [
      {
        subject: "cpu",
        reason: "SoftirqBound",
        message: t(
          `The busiest CPU spends ${percent(vm.softirqMaxRatio)} of its time in soft interrupts; all CPUs together ${percent(vm.softirqRatio ?? 0)}.`,
          `最忙的 CPU 有 ${percent(vm.softirqMaxRatio)} 的时间在处理软中断；全部 CPU 平均为 ${percent(vm.softirqRatio ?? 0)}。`,
        ),
        evidence: [numberOf(t("Busiest CPU", "最忙的 CPU"), "vm", vm.softirqMaxRatio, "ratio", thresholds.raiseRatio)],
        params: {},
      },
    ];
  },
});
