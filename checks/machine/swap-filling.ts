// Check: swap is almost used up: what comes next is the out-of-memory killer.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { bytes, percent, t } from "../text.ts";

export const swapFilling = defineCheck({
  id: "swap-filling",
  title: t("Swap almost full", "交换空间即将用尽"),
  area: "memory",
  severity: "info",
  needs: ["vm"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.9, clearRatio: 0.8, activePagesPerS: 100 },
  suggestion: t(
    "Find out what was swapped out (VmSwap in /proc/PID/status). A container node is better off without swap, or with limits for it.",
    "查看哪些进程被换出（/proc/PID/status 中的 VmSwap）。容器节点最好不启用交换，或为其设限。",
  ),
  repairs: [],
  aliases: ["used_swap"],
  evaluate: ({ facts: { vm }, thresholds, open }) => {
    if (vm.swapTotalBytes === 0) return [];
    const used = 1 - vm.swapFreeBytes / vm.swapTotalBytes;
    if (!isOver(used, open.has("swap"), thresholds.raiseRatio, thresholds.clearRatio)) return [];
    const coming = vm.swapInPagesPerS ?? 0;
    // Full of what nobody asks for is a state, not a trouble.
    const isActive = coming >= thresholds.activePagesPerS;
    return [
      {
        subject: "swap",
        reason: isActive ? "FullAndActive" : "Full",
        severity: isActive ? ("warning" as const) : ("info" as const),
        message: t(
          `Swap is ${percent(used)} full, ${bytes(vm.swapFreeBytes)} left; ${coming} pages a second come back from it.`,
          `交换空间已使用 ${percent(used)}，剩余 ${bytes(vm.swapFreeBytes)}；每秒换入 ${coming} 页。`,
        ),
        evidence: [
          numberOf(t("Used", "已使用"), "vm", used, "ratio", thresholds.raiseRatio),
          numberOf(t("Pages swapped in per second", "每秒换入页数"), "vm", coming, "count", thresholds.activePagesPerS),
        ],
        params: {},
      },
    ];
  },
});
