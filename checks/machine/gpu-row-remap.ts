// Check: a GPU's memory wants to swap a bad row for a spare one: pending needs a reset, failed needs a new card.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const gpuRowRemap = defineCheck({
  id: "gpu-row-remap",
  title: t("GPU memory row remap", "GPU 显存行重映射"),
  area: "gpu",
  severity: "warning",
  needs: ["hardware"],
  raiseAfterMs: 0,
  clearAfterMs: 60_000,
  factTtlMs: 300_000,
  thresholds: {},
  suggestion: t(
    "Pending: reset the card or reboot once it is free. Failed: no spare row is left, replace the card.",
    "待处理：在空闲时重置该卡或重启节点。失败：已无备用行，需更换该卡。",
  ),
  repairs: [],
  aliases: ["RowRemappingPending", "RowRemappingFailed", "NvidiaRowRemap"],
  evaluate: ({ facts: { hardware } }) =>
    (hardware.gpus?.cards ?? [])
      .filter((card) => card.remapPending === true || card.remapFailed === true)
      .map((card) => ({
        subject: card.busId,
        reason: card.remapFailed ? "RemapFailed" : "RemapPending",
        severity: card.remapFailed ? ("critical" as const) : ("warning" as const),
        message: card.remapFailed
          ? t(`The GPU ${card.busId} could not replace a bad memory row.`, `GPU ${card.busId} 的显存坏行重映射失败。`)
          : t(
              `The GPU ${card.busId} waits for a reset to replace a bad memory row.`,
              `GPU ${card.busId} 需要重置才能完成显存坏行重映射。`,
            ),
        evidence: [
          tableOf(
            t("Card", "显卡"),
            "hardware",
            ["bus id", "pending", "failed"],
            [[card.busId, card.remapPending ? "yes" : "no", card.remapFailed ? "yes" : "no"]],
          ),
        ],
        params: { busId: card.busId },
      })),
});
