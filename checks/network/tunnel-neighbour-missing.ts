// Check: a route leads into a VXLAN tunnel to a node for which neighbour or forwarding entry is missing: that node's pods cannot be reached.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const tunnelNeighbourMissing = defineCheck({
  id: "tunnel-neighbour-missing",
  title: t("Tunnel entry missing", "隧道转发表项缺失"),
  area: "network",
  severity: "warning",
  needs: ["podNetwork"],
  // A daemon writes route, neighbour and forwarding entry one after another.
  raiseAfterMs: 30_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["VxlanFdbMissing", "VtepNeighbourMissing"],
  suggestion: t(
    "Restart the CNI's daemon on this node: it writes the entries anew. Look in its log why it fell behind.",
    "重启本节点的 CNI 守护进程，它会重新写入表项；并在其日志中查明落后的原因。",
  ),
  repairs: [],
  evaluate: ({ facts: { podNetwork } }) => {
    const devices = [...new Set(podNetwork.tunnels.map((end) => end.device))];
    return devices.flatMap((device) => {
      const missing = podNetwork.tunnels.filter(
        (end) => end.device === device && !(end.hasNeighbour && end.hasForwarding),
      );
      if (missing.length === 0) return [];
      return [
        {
          subject: device,
          reason: "EntryMissing",
          message: t(
            `${device}: ${missing.length} next hops have no neighbour or forwarding entry; the pods behind them cannot be reached.`,
            `${device}：${missing.length} 个下一跳缺少邻居或转发表项，其后的 Pod 无法访问。`,
          ),
          evidence: [
            {
              label: t("Next hops", "下一跳"),
              source: "podNetwork" as const,
              kind: "table" as const,
              columns: ["next hop", "neighbour", "forwarding"],
              rows: missing
                .slice(0, 20)
                .map((end) => [end.nextHop, end.hasNeighbour ? "yes" : "no", end.hasForwarding ? "yes" : "no"]),
            },
          ],
          params: { device },
        },
      ];
    });
  },
});
