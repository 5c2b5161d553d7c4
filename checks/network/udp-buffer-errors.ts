// Check: datagrams are lost because a socket's buffer is full: DNS, metrics and voice suffer first.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";
import { NO_RATES, stackRows } from "./stack-rows.ts";

export const udpBufferErrors = defineCheck({
  id: "udp-buffer-errors",
  title: t("UDP buffer errors", "UDP 缓冲区错误"),
  area: "network",
  severity: "warning",
  needs: ["netstack"],
  raiseAfterMs: 30_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { raisePerMinute: 10, clearPerMinute: 2 },
  aliases: ["1m_ipv4_udp_receive_buffer_errors", "1m_ipv4_udp_send_buffer_errors"],
  suggestion: t(
    "The receiver reads too slowly or its buffer is small. Raise net.core.rmem_default and rmem_max, or SO_RCVBUF in the application, and restart it: open sockets keep their buffers.",
    "接收方读取过慢或缓冲区过小。可提高 net.core.rmem_default 与 rmem_max，或在应用中设置 SO_RCVBUF，并重启应用：已打开的套接字缓冲区不会改变。",
  ),
  repairs: [],
  evaluate: ({ facts: { netstack }, thresholds, open }) => {
    const rows = stackRows(netstack);
    if (rows === null) return NO_RATES;
    return rows
      .map((row) => ({ ...row, lost: row.rates.udpReceiveBufferErrors + row.rates.udpSendBufferErrors }))
      .filter(
        ({ subject, lost }) => lost >= (open.has(subject) ? thresholds.clearPerMinute : thresholds.raisePerMinute),
      )
      .map(({ subject, label, lost, rates }) => ({
        subject,
        reason: "BufferFull",
        message: t(
          `${label}: ${lost} datagrams a minute are lost in full buffers.`,
          `${subject === "node" ? "节点" : label}：每分钟有 ${lost} 个数据报因缓冲区已满而丢失。`,
        ),
        evidence: [
          {
            label: t("Receiving, a minute", "接收方向（每分钟）"),
            source: "netstack",
            kind: "number",
            value: rates.udpReceiveBufferErrors,
            unit: "count",
            threshold: thresholds.raisePerMinute,
          },
          {
            label: t("Sending, a minute", "发送方向（每分钟）"),
            source: "netstack",
            kind: "number",
            value: rates.udpSendBufferErrors,
            unit: "count",
          },
        ],
        params: { where: subject },
      }));
  },
});
