// Check: kernel memory that nobody gets back takes a good part of the node: leaked cgroups, dentries, sockets.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { bytes, percent, t } from "../text.ts";

export const slabGrowing = defineCheck({
  id: "slab-growing",
  title: t("Kernel memory grows", "内核内存持续增长"),
  area: "memory",
  severity: "warning",
  needs: ["vm"],
  raiseAfterMs: 45_000,
  clearAfterMs: 45_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.25, clearRatio: 0.2 },
  suggestion: t(
    "slabtop -s c names the cache that grows. Leaked cgroups and network namespaces are the usual owners; a reboot empties it, a newer kernel mends it.",
    "用 slabtop -s c 找出增长的缓存。常见原因是泄漏的 cgroup 和网络命名空间；重启可清空，升级内核才能根治。",
  ),
  repairs: [],
  evaluate: ({ facts: { vm }, thresholds, open }) => {
    const ratio = vm.memoryTotalBytes > 0 ? vm.slabUnreclaimableBytes / vm.memoryTotalBytes : 0;
    if (!isOver(ratio, open.has("slab"), thresholds.raiseRatio, thresholds.clearRatio)) return [];
    return [
      {
        subject: "slab",
        reason: "SlabUnreclaimable",
        message: t(
          `${bytes(vm.slabUnreclaimableBytes)} (${percent(ratio)} of memory) is kernel memory that cannot be given back.`,
          `${bytes(vm.slabUnreclaimableBytes)}（占内存 ${percent(ratio)}）为不可回收的内核内存。`,
        ),
        evidence: [numberOf(t("Share of memory", "占内存比例"), "vm", ratio, "ratio", thresholds.raiseRatio)],
        params: {},
      },
    ];
  },
});
