// Check: fewer GPUs work than the node has or is meant to have: one fell off the bus or the driver did not take it.
import { defineCheck } from "../define.ts";
import { numberOf } from "../parts.ts";
import { t } from "../text.ts";

export const gpuCountShort = defineCheck({
  id: "gpu-count-short",
  title: t("GPU missing", "GPU 缺失"),
  area: "gpu",
  severity: "critical",
  needs: ["hardware"],
  raiseAfterMs: 10_000,
  clearAfterMs: 30_000,
  factTtlMs: 300_000,
  thresholds: {},
  suggestion: t(
    "Drain and reboot the node. When the card is missing again after two reboots, ask for a hardware inspection instead of a third.",
    "排空并重启节点。若两次重启后仍缺失，应做硬件检查，而不是第三次重启。",
  ),
  repairs: [],
  aliases: ["GPUCountMismatch", "GPUFellOffBus", "NvidiaGPUCountMismatch"],
  evaluate: ({ facts: { hardware } }) => {
    const gpus = hardware.gpus;
    if (!gpus) return [];
    // Without a driver and a wanted number the cards are nobody's (or another driver's) business.
    const wanted = gpus.expected ?? (gpus.driver === null ? 0 : gpus.onBus);
    if (gpus.driven >= wanted) return [];
    return [
      {
        subject: "gpus",
        reason: gpus.onBus < wanted ? "OffTheBus" : "NotDriven",
        message: t(
          `${gpus.driven} of ${wanted} GPUs work; ${gpus.onBus} are on the bus.`,
          `应有 ${wanted} 块 GPU，实际可用 ${gpus.driven} 块；PCI 总线上有 ${gpus.onBus} 块。`,
        ),
        evidence: [
          numberOf(t("Taken by the driver", "驱动已接管"), "hardware", gpus.driven, "count", wanted),
          numberOf(t("On the bus", "总线上可见"), "hardware", gpus.onBus, "count", wanted),
        ],
        params: { wanted, driven: gpus.driven },
      },
    ];
  },
});
