// Check: an interface drops a notable share of its packets: rings too small, CPU too busy, or a queue that nobody empties.
import { defineCheck } from "../define.ts";
import { percent, t } from "../text.ts";

export const packetDrops = defineCheck({
  id: "packet-drops",
  title: t("Packets dropped on an interface", "网络接口丢包"),
  area: "network",
  severity: "warning",
  needs: ["netstack"],
  raiseAfterMs: 40_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.02, clearRatio: 0.01, packetsMin: 10_000 },
  aliases: ["inbound_packets_dropped_ratio", "outbound_packets_dropped_ratio"],
  suggestion: t(
    "Enlarge the rings (ethtool -G), spread the load over CPUs (RPS, more queues), and look who sends so much.",
    "增大网卡环形缓冲（ethtool -G），将负载分散到多个 CPU（RPS、多队列），并查明流量来源。",
  ),
  repairs: [],
  evaluate: ({ facts: { netstack }, thresholds, open }) => {
    if (netstack.windowMs === null) return { unknown: "rates need two looks, the agent has just started" };
    return (
      netstack.interfaces
        // On a quiet link frames of unknown protocols count as drops: a share needs a number behind it.
        .filter(
          ({ name, dropRatio, packets }) =>
            packets >= thresholds.packetsMin &&
            dropRatio >= (open.has(name) ? thresholds.clearRatio : thresholds.raiseRatio),
        )
        .map(({ name, dropRatio, drops }) => ({
          subject: name,
          reason: "PacketsDropped",
          message: t(
            `${name} drops ${percent(dropRatio)} of its packets (${drops} a minute).`,
            `${name} 丢弃了 ${percent(dropRatio)} 的报文（每分钟 ${drops} 个）。`,
          ),
          evidence: [
            {
              label: t("Share dropped", "丢包比例"),
              source: "netstack",
              kind: "number",
              value: dropRatio,
              unit: "ratio",
              threshold: thresholds.raiseRatio,
            },
          ],
          params: { name },
        }))
    );
  },
});
