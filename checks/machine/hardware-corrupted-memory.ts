// Check: the kernel has taken memory out of use because the hardware could not correct it.
import { defineCheck } from "../define.ts";
import { numberOf } from "../parts.ts";
import { bytes, t } from "../text.ts";

export const hardwareCorruptedMemory = defineCheck({
  id: "hardware-corrupted-memory",
  title: t("Memory taken out of use", "内存页因硬件错误被隔离"),
  area: "hardware",
  severity: "critical",
  needs: ["vm"],
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { bytes: 1 },
  suggestion: t(
    "Drain the node and open a hardware ticket: a module that failed once fails again. When it comes back after two reboots, replace the module.",
    "排空节点并提交硬件工单：出过错的内存条会再次出错。两次重启后仍出现，请更换内存条。",
  ),
  repairs: [],
  aliases: ["ram_hardware_corrupted"],
  evaluate: ({ facts: { vm }, thresholds }) =>
    // A kernel built without memory failure handling does not count: nothing to tell.
    vm.hardwareCorruptedBytes === null || vm.hardwareCorruptedBytes < thresholds.bytes
      ? []
      : [
          {
            subject: "memory",
            reason: "HardwareCorrupted",
            message: t(
              `The kernel has taken ${bytes(vm.hardwareCorruptedBytes)} of memory out of use after errors that could not be corrected.`,
              `内核因无法纠正的错误隔离了 ${bytes(vm.hardwareCorruptedBytes)} 内存。`,
            ),
            evidence: [numberOf(t("Out of use", "已隔离"), "vm", vm.hardwareCorruptedBytes, "bytes", thresholds.bytes)],
            params: {},
          },
        ],
});
