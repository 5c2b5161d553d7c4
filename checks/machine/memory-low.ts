// Check: hardly any memory is available; the kernel is about to kill.
import { defineCheck } from "../define.ts";
import { isUnderLevel, numberOf } from "../parts.ts";
import { bytes, t } from "../text.ts";

const MIB = 1_048_576;

export const memoryLow = defineCheck({
  id: "memory-low",
  title: t("Memory almost gone", "内存即将耗尽"),
  area: "memory",
  severity: "warning",
  needs: ["vm"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: {
    raiseBytes: 100 * MIB,
    clearBytes: 200 * MIB,
    raiseFreeRatio: 0.02,
    clearFreeRatio: 0.04,
    criticalFreeRatio: 0.01,
  },
  suggestion: t(
    "Keep new pods away and find who grew: containers without a limit first, then page cache that is not given back and kernel memory.",
    "暂停调度新 Pod，查明谁在增长：先看没有限额的容器，再看无法回收的页缓存和内核内存。",
  ),
  repairs: [],
  aliases: ["MemoryPressure", "ram_available", "NodeMemoryHighUtilization"],
  evaluate: ({ facts: { vm }, thresholds, open }) => {
    if (vm.memoryTotalBytes === 0) return { unknown: "the kernel states no memory" };
    const floor = (least: number, ratio: number) => Math.max(least, vm.memoryTotalBytes * ratio);
    const raise = floor(thresholds.raiseBytes, thresholds.raiseFreeRatio);
    const clear = floor(thresholds.clearBytes, thresholds.clearFreeRatio);
    const left = vm.memoryAvailableBytes;
    if (!isUnderLevel(left, open.has("memory"), raise, clear)) return [];
    return [
      {
        subject: "memory",
        reason: "AvailableLow",
        severity:
          left < vm.memoryTotalBytes * thresholds.criticalFreeRatio ? ("critical" as const) : ("warning" as const),
        message: t(
          `${bytes(left)} of ${bytes(vm.memoryTotalBytes)} memory is available; the kernel will soon kill processes.`,
          `内存共 ${bytes(vm.memoryTotalBytes)}，仅剩 ${bytes(left)} 可用；内核即将开始杀进程。`,
        ),
        evidence: [
          numberOf(t("Available", "可用"), "vm", left, "bytes", raise),
          numberOf(
            t("Kernel memory that cannot be given back", "不可回收的内核内存"),
            "vm",
            vm.slabUnreclaimableBytes,
            "bytes",
          ),
        ],
        params: {},
      },
    ];
  },
});
