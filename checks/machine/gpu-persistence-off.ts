// Check: a compute node's GPU driver is unloaded between uses: starts are slow and the card's settings are lost each time.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const gpuPersistenceOff = defineCheck({
  id: "gpu-persistence-off",
  title: t("GPU persistence mode off", "GPU 持久模式未开启"),
  area: "gpu",
  severity: "info",
  needs: ["hardware"],
  raiseAfterMs: 0,
  clearAfterMs: 60_000,
  factTtlMs: 300_000,
  thresholds: {},
  suggestion: t("Enable nvidia-persistenced at boot.", "在开机时启用 nvidia-persistenced。"),
  repairs: [],
  aliases: ["PersistenceModeDisabled"],
  evaluate: ({ facts: { hardware }, all }) => {
    const gpus = hardware.gpus;
    // A workstation may well let its card sleep.
    if (!gpus || (gpus.expected === null && all.kubelet?.data?.present !== true)) return [];
    const off = gpus.cards.filter((card) => card.persistence === false);
    if (off.length === 0) return [];
    return [
      {
        subject: "gpus",
        reason: "PersistenceOff",
        message: t(`Persistence mode is off on ${off.length} GPU(s).`, `${off.length} 块 GPU 未开启持久模式。`),
        evidence: [
          tableOf(
            t("Cards", "显卡"),
            "hardware",
            ["bus id"],
            off.map((card) => [card.busId]),
          ),
        ],
        params: {},
      },
    ];
  },
});
