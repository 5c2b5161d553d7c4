// Check: the memory for compiled eBPF programs is nearly used up: network plugins and tracers can then load no further program.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { bytes, percent, t } from "../text.ts";

export const bpfJitAlmostFull = defineCheck({
  id: "bpf-jit-almost-full",
  title: t("eBPF memory almost full", "eBPF JIT 内存即将耗尽"),
  area: "kernel",
  severity: "warning",
  needs: ["vm"],
  raiseAfterMs: 10_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.9, clearRatio: 0.8 },
  suggestion: t(
    "bpftool prog shows whose programs they are; detach what an old agent left behind, then raise net.core.bpf_jit_limit.",
    "用 bpftool prog 查看程序归属；先卸载旧代理遗留的程序，再提高 net.core.bpf_jit_limit。",
  ),
  repairs: ["raise-bpf-jit-limit"],
  evaluate: ({ facts: { vm }, thresholds, open }) => {
    const { bpfJitBytes: used, bpfJitLimitBytes: limit } = vm;
    // Kernels that do not tell eBPF programs from modules (6.10) and namespaces that do not show the limit.
    if (used === null || limit === null || limit === 0) return [];
    const ratio = used / limit;
    if (!isOver(ratio, open.has("bpf"), thresholds.raiseRatio, thresholds.clearRatio)) return [];
    return [
      {
        subject: "bpf",
        reason: "JitMemoryNearLimit",
        message: t(
          `Compiled eBPF programs take ${bytes(used)} of ${bytes(limit)} (${percent(ratio)}).`,
          `已编译的 eBPF 程序占用 ${bytes(used)}，上限 ${bytes(limit)}（${percent(ratio)}）。`,
        ),
        evidence: [numberOf(t("Used", "已使用"), "vm", ratio, "ratio", thresholds.raiseRatio)],
        params: { limit },
      },
    ];
  },
});
