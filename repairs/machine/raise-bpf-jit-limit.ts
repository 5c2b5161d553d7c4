// Repair: allow more memory for compiled eBPF programs, so that the network plugin can load its own again.
import { bpfJitAlmostFull } from "../../checks/machine/bpf-jit-almost-full.ts";
import { bytes, percent, t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, stillThere } from "../guards.ts";
import { canRise, doubled, setSysctl, touchesOneLimit, undoSysctls } from "./raise-sysctl.ts";

/** The kernel keeps them in the space of its modules, 1 GiB and more on 64-bit machines; most of it stays for modules. */
const MOST_BYTES = 512 * 1_048_576;
const CLEAR = bpfJitAlmostFull.thresholds.clearRatio;

function jitOf(ctx: RepairContext): { used: number; limit: number } | null {
  const vm = ctx.facts.vm?.data;
  const used = vm?.bpfJitBytes;
  const limit = vm?.bpfJitLimitBytes;
  return typeof used === "number" && typeof limit === "number" && limit > 0 ? { used, limit } : null;
}

const target = (ctx: RepairContext): number | null => {
  const jit = jitOf(ctx);
  return jit && doubled(jit.used, jit.limit, CLEAR, MOST_BYTES);
};

export const raiseBpfJitLimit = defineRepair({
  id: "raise-bpf-jit-limit",
  title: t("Allow more eBPF memory", "提高 eBPF JIT 内存上限"),
  risk: "disruptive",
  verifies: ["bpf-jit-almost-full"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const jit = jitOf(ctx);
    const ratio = jit ? jit.used / jit.limit : 0;
    return [
      factsFresh(ctx, ["vm"]),
      stillThere(jit && ratio >= CLEAR ? `${bytes(jit.used)} of ${bytes(jit.limit)} (${percent(ratio)})` : null),
      canRise("net.core.bpf_jit_limit", jit?.limit, target(ctx), `${bytes(MOST_BYTES)} is the most`),
    ];
  },
  plan: (ctx) => {
    const jit = jitOf(ctx);
    const value = target(ctx);
    if (!jit || value === null || jit.used < jit.limit * CLEAR)
      return {
        nothing: t("There is room for eBPF programs, or no higher limit.", "eBPF 内存已有余量，或无法再提高上限。"),
      };
    return {
      evidence: { sections: ["kmsg", "network"] },
      steps: [setSysctl("net.core.bpf_jit_limit", jit.limit, value)],
      touches: touchesOneLimit,
    };
  },
  undo: (_ctx, done) => undoSysctls(done),
});
