// Check: a memory module made an error that could not be corrected: data of some process is gone or wrong.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const memoryUncorrectableErrors = defineCheck({
  id: "memory-uncorrectable-errors",
  title: t("Memory errors, not corrected", "内存不可纠正错误"),
  area: "hardware",
  severity: "critical",
  needs: ["hardware"],
  raiseAfterMs: 0,
  clearAfterMs: 60_000,
  factTtlMs: 300_000,
  thresholds: { count: 1 },
  suggestion: t(
    "Drain the node now and open a hardware ticket for this module. A reboot clears the counter, not the fault.",
    "立即排空节点，并为该内存条提交硬件工单。重启只会清零计数，不会消除故障。",
  ),
  repairs: [],
  aliases: ["ecc_memory_mc_uncorrectable", "ecc_memory_dimm_uncorrectable", "UncorrectableMemoryError"],
  evaluate: ({ facts: { hardware }, thresholds }) =>
    (hardware.memoryModules ?? [])
      .filter((module) => module.uncorrectable >= thresholds.count)
      .map((module) => ({
        subject: module.label,
        reason: "UncorrectableErrors",
        message: t(
          `${module.label} has had ${module.uncorrectable} error(s) since boot that could not be corrected.`,
          `${module.label} 自启动以来出现 ${module.uncorrectable} 次不可纠正错误。`,
        ),
        evidence: [
          tableOf(
            t("Memory module", "内存条"),
            "hardware",
            ["module", "corrected", "not corrected"],
            [[module.label, module.correctable, module.uncorrectable]],
          ),
        ],
        params: { label: module.label },
      })),
});
