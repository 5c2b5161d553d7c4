// Check: a memory module makes errors that are still corrected: it ages, plan its replacement.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const memoryCorrectableErrors = defineCheck({
  id: "memory-correctable-errors",
  title: t("Memory errors, corrected", "内存可纠正错误"),
  area: "hardware",
  severity: "info",
  needs: ["hardware"],
  raiseAfterMs: 0,
  clearAfterMs: 60_000,
  factTtlMs: 300_000,
  thresholds: { infoCount: 100, warningCount: 1_000 },
  suggestion: t(
    "Watch whether the number rises; plan a new module at the next maintenance. Nothing is lost yet.",
    "观察计数是否上升；在下次维护时更换内存条。目前尚无数据损失。",
  ),
  repairs: [],
  aliases: ["ecc_memory_mc_correctable", "ecc_memory_dimm_correctable", "CorrectableMemoryError"],
  evaluate: ({ facts: { hardware }, thresholds }) =>
    (hardware.memoryModules ?? [])
      .filter((module) => module.correctable >= thresholds.infoCount)
      .map((module) => ({
        subject: module.label,
        reason: "CorrectableErrors",
        severity: module.correctable >= thresholds.warningCount ? ("warning" as const) : ("info" as const),
        message: t(
          `${module.label} has had ${module.correctable} corrected errors since boot.`,
          `${module.label} 自启动以来出现 ${module.correctable} 次可纠正错误。`,
        ),
        evidence: [
          tableOf(
            t("Memory modules", "内存条"),
            "hardware",
            ["module", "corrected", "not corrected"],
            [...(hardware.memoryModules ?? []).map((m) => [m.label, m.correctable, m.uncorrectable])],
          ),
        ],
        params: { label: module.label },
      })),
});
