// Check: a node with NVSwitch chips runs no fabric manager: no program can use its GPUs.
import { defineCheck } from "../define.ts";
import { numberOf } from "../parts.ts";
import { t } from "../text.ts";

export const fabricManagerDown = defineCheck({
  id: "fabric-manager-down",
  title: t("Fabric manager down", "Fabric Manager 未运行"),
  area: "gpu",
  severity: "critical",
  needs: ["hardware"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 300_000,
  thresholds: {},
  suggestion: t(
    "Start nvidia-fabricmanager; when it ends at once, its version does not match the driver's.",
    "启动 nvidia-fabricmanager；若立即退出，通常是其版本与驱动不一致。",
  ),
  repairs: [],
  aliases: ["FabricManagerNotRunning"],
  evaluate: ({ facts: { hardware } }) => {
    const gpus = hardware.gpus;
    if (!gpus || gpus.switches === 0 || gpus.driver === null || gpus.fabricManagerRunning) return [];
    return [
      {
        subject: "fabric-manager",
        reason: "NotRunning",
        message: t(
          `The node has ${gpus.switches} NVSwitch chip(s), and no fabric manager runs: CUDA does not start.`,
          `节点有 ${gpus.switches} 个 NVSwitch 芯片，但 Fabric Manager 未运行：CUDA 无法启动。`,
        ),
        evidence: [numberOf(t("NVSwitch chips", "NVSwitch 芯片数"), "hardware", gpus.switches, "count")],
        params: {},
      },
    ];
  },
});
