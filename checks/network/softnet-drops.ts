// Check: packets are dropped between card and stack because a CPU's backlog is full.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const softnetDrops = defineCheck({
  id: "softnet-drops",
  title: t("Packets dropped before the stack", "协议栈入口丢包"),
  area: "network",
  severity: "warning",
  needs: ["netstack"],
  raiseAfterMs: 30_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { raisePerMinute: 10, clearPerMinute: 1 },
  aliases: ["1min_netdev_backlog_exceeded", "RXKERNEL_SLOW", "NetdevBacklogExceeded"],
  suggestion: t(
    "Raise netdev_max_backlog, spread interrupts over CPUs (RPS), and look for a pod that keeps one CPU in the kernel.",
    "提高 netdev_max_backlog，将中断分散到多个 CPU（RPS），并查找长时间占用内核态的 Pod。",
  ),
  repairs: ["raise-netdev-backlog"],
  evaluate: ({ facts: { netstack }, thresholds, open }) => {
    if (netstack.softnet === null) return NO_RATES_YET;
    const { dropped, squeezed, packets } = netstack.softnet;
    if (dropped < (open.has("softnet") ? thresholds.clearPerMinute : thresholds.raisePerMinute)) return [];
    return [
      {
        subject: "softnet",
        reason: "BacklogFull",
        message: t(
          `${dropped} packets a minute are dropped because a CPU's backlog is full.`,
          `每分钟有 ${dropped} 个报文因 CPU 接收队列已满被丢弃。`,
        ),
        evidence: [
          {
            label: t("Dropped a minute", "每分钟丢弃"),
            source: "netstack",
            kind: "number",
            value: dropped,
            unit: "count",
            threshold: thresholds.raisePerMinute,
          },
          {
            label: t("Budget ran out, packets a minute", "预算耗尽次数、报文数（每分钟）"),
            source: "netstack",
            kind: "text",
            value: `${squeezed}, ${packets}`,
          },
        ],
        params: { dropped },
      },
    ];
  },
});

const NO_RATES_YET = { unknown: "rates need two looks, the agent has just started" };
