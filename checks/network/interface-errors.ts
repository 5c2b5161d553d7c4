// Check: an interface receives or sends broken frames: cable, optics, driver or duplex.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const interfaceErrors = defineCheck({
  id: "interface-errors",
  title: t("Frame errors on an interface", "网络接口收发错误"),
  area: "network",
  severity: "warning",
  needs: ["netstack"],
  raiseAfterMs: 40_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { raisePerMinute: 10, clearPerMinute: 1 },
  aliases: ["NetworkReceiveErrors", "NetworkTransmitErrors", "NodeNetworkReceiveErrs", "NodeNetworkTransmitErrs"],
  suggestion: t(
    "Change cable or optics, then the port; compare driver and firmware with healthy nodes of the same kind.",
    "依次更换线缆或光模块、端口，并与同类健康节点比较驱动和固件。",
  ),
  repairs: [],
  evaluate: ({ facts: { netstack }, thresholds, open }) => {
    if (netstack.windowMs === null) return { unknown: "rates need two looks, the agent has just started" };
    return netstack.interfaces
      .filter(({ name, errors }) => errors >= (open.has(name) ? thresholds.clearPerMinute : thresholds.raisePerMinute))
      .map(({ name, errors, packets }) => ({
        subject: name,
        reason: "FrameErrors",
        message: t(`${name} counts ${errors} broken frames a minute.`, `${name} 每分钟出现 ${errors} 个错误帧。`),
        evidence: [
          {
            label: t("Errors a minute", "每分钟错误数"),
            source: "netstack",
            kind: "number",
            value: errors,
            unit: "count",
            threshold: thresholds.raisePerMinute,
          },
          {
            label: t("Packets a minute", "每分钟报文数"),
            source: "netstack",
            kind: "number",
            value: packets,
            unit: "count",
          },
        ],
        params: { name },
      }));
  },
});
