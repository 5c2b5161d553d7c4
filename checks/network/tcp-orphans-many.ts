// Check: many TCP connections belong to no process any more; at the limit the kernel resets them at once.
import { defineCheck } from "../define.ts";
import { percent, t } from "../text.ts";

export const tcpOrphansMany = defineCheck({
  id: "tcp-orphans-many",
  title: t("Many orphaned TCP connections", "孤儿 TCP 连接过多"),
  area: "network",
  severity: "warning",
  needs: ["netstack"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.25, clearRatio: 0.2, criticalRatio: 0.5 },
  aliases: ["tcp_orphans"],
  suggestion: t(
    "Clients vanish while data waits for them. Find the service (ss -tan state fin-wait-1), shorten its sends; raise tcp_max_orphans as a stopgap.",
    "客户端在数据未送达时消失。请找到对应服务（ss -tan state fin-wait-1）；可临时提高 tcp_max_orphans。",
  ),
  repairs: ["raise-tcp-orphans"],
  evaluate: ({ facts: { netstack }, thresholds, open }) => {
    const orphans = netstack.tcpOrphans;
    // The limit is the machine's: in a network namespace of its own a node has none to judge.
    if (orphans === null || orphans.max === 0) return [];
    const ratio = orphans.count / orphans.max;
    if (ratio < (open.has("tcp") ? thresholds.clearRatio : thresholds.raiseRatio)) return [];
    return [
      {
        subject: "tcp",
        reason: "OrphansNearLimit",
        severity: ratio >= thresholds.criticalRatio ? "critical" : "warning",
        message: t(
          `${orphans.count} of ${orphans.max} orphaned TCP connections (${percent(ratio)}).`,
          `孤儿 TCP 连接 ${orphans.count} / ${orphans.max}（${percent(ratio)}）。`,
        ),
        evidence: [
          {
            label: t("Used", "使用率"),
            source: "netstack",
            kind: "number",
            value: ratio,
            unit: "ratio",
            threshold: thresholds.raiseRatio,
          },
        ],
        params: { count: orphans.count, max: orphans.max },
      },
    ];
  },
});
