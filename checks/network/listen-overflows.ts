// Check: servers on the node or in a container turn connections away because their accept queue is full.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";
import { NO_RATES, stackRows } from "./stack-rows.ts";

export const listenOverflows = defineCheck({
  id: "listen-overflows",
  title: t("Accept queue overflows", "监听队列溢出"),
  area: "network",
  severity: "warning",
  needs: ["netstack"],
  raiseAfterMs: 30_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { raisePerMinute: 5, clearPerMinute: 1 },
  aliases: ["1m_tcp_accept_queue_overflows", "1m_tcp_accept_queue_drops", "TCPListenOverflows"],
  suggestion: t(
    "The application accepts too slowly or listens with a short backlog. Raise net.core.somaxconn where that caps it, then the backlog in the application, and restart it: a queue keeps the length it was opened with.",
    "应用接收连接过慢，或监听队列过短。若受 net.core.somaxconn 限制请先提高它，再调大应用的 backlog 并重启应用：已打开的队列长度不会改变。",
  ),
  repairs: [],
  evaluate: ({ facts: { netstack }, thresholds, open }) => {
    const rows = stackRows(netstack);
    if (rows === null) return NO_RATES;
    return rows
      .map((row) => ({ ...row, lost: Math.max(row.rates.listenOverflows, row.rates.listenDrops) }))
      .filter(
        ({ subject, lost }) => lost >= (open.has(subject) ? thresholds.clearPerMinute : thresholds.raisePerMinute),
      )
      .map(({ subject, label, lost }) => ({
        subject,
        reason: "AcceptQueueFull",
        message: t(
          `${label}: ${lost} connections a minute are turned away because a server's accept queue is full.`,
          `${subject === "node" ? "节点" : label}：每分钟有 ${lost} 个连接因监听队列已满被拒绝。`,
        ),
        evidence: [
          {
            label: t("Turned away a minute", "每分钟被拒连接数"),
            source: "netstack",
            kind: "number",
            value: lost,
            unit: "count",
            threshold: thresholds.raisePerMinute,
          },
          ...(subject === "node" && netstack.queues.length > 0
            ? [
                {
                  label: t("Queues on the node", "节点上的监听队列"),
                  source: "netstack" as const,
                  kind: "table" as const,
                  columns: ["port", "waiting"],
                  rows: netstack.queues.map(({ port, waiting }) => [port, waiting]),
                },
              ]
            : []),
        ],
        params: { where: subject },
      }));
  },
});
