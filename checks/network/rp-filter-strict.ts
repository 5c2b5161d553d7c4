// Check: a device filters by strict reverse path although the node's configuration or its CNI needs it loose; answers on another path are dropped silently.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const rpFilterStrict = defineCheck({
  id: "rp-filter-strict",
  title: t("Reverse path filter too strict", "反向路径过滤过严"),
  area: "network",
  severity: "warning",
  needs: ["podNetwork"],
  raiseAfterMs: 10_000,
  clearAfterMs: 5_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["RPFilter"],
  suggestion: t(
    "Set rp_filter of the device back to what the CNI needs; then look which sysctl file or distribution default sets it to 1 for new devices.",
    "将该设备的 rp_filter 改回 CNI 所需的值，并检查是哪个 sysctl 文件或发行版默认值将新设备设为 1。",
  ),
  repairs: ["relax-rp-filter"],
  evaluate: ({ facts: { podNetwork } }) =>
    podNetwork.rpFilters
      // Loose (2) drops nothing that has a way back at all: only strict (1) is a trouble.
      .filter(({ value, wanted }) => value === 1 && wanted !== 1)
      .map(({ device, value, wanted, wantedBy }) => ({
        subject: device,
        reason: "StrictReversePath",
        message: t(
          `rp_filter of ${device} is in effect ${value}, ${wantedBy} needs ${wanted}: packets that come in on another path are dropped.`,
          `${device} 的 rp_filter 实际为 ${value}，而 ${wantedBy} 需要 ${wanted}：从其他路径进入的报文会被丢弃。`,
        ),
        evidence: [
          {
            label: t("Setting", "内核参数"),
            source: "podNetwork",
            kind: "table",
            columns: ["device", "in effect", "wanted", "by"],
            rows: [[device, value, wanted, wantedBy]],
          },
        ],
        params: { device, value, wanted },
        causeKey: `config:rp_filter:${wantedBy}`,
      })),
});
