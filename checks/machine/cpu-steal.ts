// Check: the hypervisor gives this virtual machine less CPU than it asks for.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { percent, t } from "../text.ts";

export const cpuSteal = defineCheck({
  id: "cpu-steal",
  title: t("CPU taken by the hypervisor", "CPU 被宿主机抢占"),
  area: "cpu",
  severity: "warning",
  needs: ["vm"],
  raiseAfterMs: 45_000,
  clearAfterMs: 45_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.2, clearRatio: 0.1 },
  suggestion: t(
    "Nothing on this node helps: move the machine to another host, or to a size whose CPU is not shared or limited by credits.",
    "在本节点上无法解决：将虚拟机迁移到其他宿主机，或换用不共享、不受积分限制的规格。",
  ),
  repairs: [],
  aliases: ["20min_steal_cpu", "HostCpuStealNoisyNeighbor"],
  evaluate: ({ facts: { vm }, thresholds, open }) => {
    if (vm.stealRatio === null) return { unknown: "one look is not a rate yet" };
    if (!isOver(vm.stealRatio, open.has("cpu"), thresholds.raiseRatio, thresholds.clearRatio)) return [];
    return [
      {
        subject: "cpu",
        reason: "Steal",
        message: t(
          `${percent(vm.stealRatio)} of the CPU time that this machine wanted went to others on its host.`,
          `本机需要的 CPU 时间中有 ${percent(vm.stealRatio)} 被宿主机上的其他虚拟机占用。`,
        ),
        evidence: [numberOf(t("Steal", "被抢占"), "vm", vm.stealRatio, "ratio", thresholds.raiseRatio)],
        params: {},
      },
    ];
  },
});
