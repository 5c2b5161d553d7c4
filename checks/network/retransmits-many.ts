// Check: a large share of TCP segments is sent again: packets get lost somewhere on the way.
import { defineCheck } from "../define.ts";
import { percent, t } from "../text.ts";
import { NO_RATES, stackRows } from "./stack-rows.ts";

export const retransmitsMany = defineCheck({
  id: "retransmits-many",
  title: t("Many TCP retransmissions", "TCP 重传率高"),
  area: "network",
  severity: "warning",
  needs: ["netstack"],
  raiseAfterMs: 40_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.05, clearRatio: 0.02 },
  aliases: ["TCPRetransmits", "tcp_retransmits"],
  suggestion: t(
    "Compare nodes of one rack and one zone: a shared switch or a peer is more likely than this node. On one node alone look at its card, bond and CPU.",
    "先与同机架、同可用区的节点比较：共享交换机或对端的可能性更大；若仅此一台，请检查其网卡、绑定与 CPU。",
  ),
  repairs: [],
  evaluate: ({ facts: { netstack }, thresholds, open }) => {
    const rows = stackRows(netstack);
    if (rows === null) return NO_RATES;
    return rows.flatMap(({ subject, label, rates }) => {
      const ratio = rates.retransmitRatio;
      if (ratio === null || ratio < (open.has(subject) ? thresholds.clearRatio : thresholds.raiseRatio)) return [];
      return [
        {
          subject,
          reason: "SegmentsLost",
          message: t(
            `${label}: ${percent(ratio)} of the TCP segments are sent again.`,
            `${subject === "node" ? "节点" : label}：${percent(ratio)} 的 TCP 报文段需要重传。`,
          ),
          evidence: [
            {
              label: t("Share sent again", "重传比例"),
              source: "netstack" as const,
              kind: "number" as const,
              value: ratio,
              unit: "ratio" as const,
              threshold: thresholds.raiseRatio,
            },
            {
              label: t("Segments a minute", "每分钟报文段"),
              source: "netstack" as const,
              kind: "number" as const,
              value: rates.segmentsSent,
              unit: "count" as const,
            },
          ],
          params: { where: subject },
        },
      ];
    });
  },
});
