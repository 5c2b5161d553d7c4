// Check: a compressed RAM disk is nearly full: memory pressure that other numbers hide.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { bytes, percent, t } from "../text.ts";

export const zramFilling = defineCheck({
  id: "zram-filling",
  title: t("zram almost full", "zram 即将写满"),
  area: "memory",
  severity: "warning",
  needs: ["blockDevices"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.9, clearRatio: 0.8 },
  suggestion: t(
    "Treat it as memory pressure: find who grew. A larger zram only moves the end.",
    "按内存压力处理：查明谁在增长。增大 zram 只是推迟问题。",
  ),
  repairs: [],
  aliases: ["ZramNearCapacity"],
  evaluate: ({ facts: { blockDevices }, thresholds, open }) =>
    blockDevices.zram
      .filter((zram) => zram.sizeBytes > 0)
      .filter((zram) =>
        isOver(zram.dataBytes / zram.sizeBytes, open.has(zram.name), thresholds.raiseRatio, thresholds.clearRatio),
      )
      .map((zram) => {
        const ratio = zram.dataBytes / zram.sizeBytes;
        return {
          subject: zram.name,
          reason: "ZramNearCapacity",
          message: t(
            `${zram.name} holds ${bytes(zram.dataBytes)} of ${bytes(zram.sizeBytes)} (${percent(ratio)}) in ${bytes(zram.memoryBytes)} of memory.`,
            `${zram.name} 已存 ${bytes(zram.dataBytes)}，容量 ${bytes(zram.sizeBytes)}（${percent(ratio)}），实际占用内存 ${bytes(zram.memoryBytes)}。`,
          ),
          evidence: [numberOf(t("Used", "已使用"), "blockDevices", ratio, "ratio", thresholds.raiseRatio)],
          params: { device: zram.name },
        };
      }),
});
