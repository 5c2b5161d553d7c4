// Check: TCP's buffers of the whole machine are near their limit; the kernel shrinks windows, then drops connections.
import { defineCheck } from "../define.ts";
import { bytes, percent, t } from "../text.ts";

const PAGE = 4_096;

export const tcpMemoryPressure = defineCheck({
  id: "tcp-memory-pressure",
  title: t("TCP memory under pressure", "TCP 内存紧张"),
  area: "network",
  severity: "warning",
  needs: ["netstack"],
  raiseAfterMs: 20_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 1, clearRatio: 0.9, criticalRatio: 0.95 },
  aliases: ["tcp_memory", "TCPMemoryPressure"],
  suggestion: t(
    "Find who holds the buffers (ss -tm): a peer that does not read, or a leak of sockets. Raise tcp_mem where memory is plenty.",
    "查明缓冲区占用者（ss -tm）：对端不读取数据或套接字泄漏。内存充裕时可提高 tcp_mem。",
  ),
  repairs: ["raise-tcp-memory"],
  evaluate: ({ facts: { netstack }, thresholds, open }) => {
    const memory = netstack.tcpMemory;
    // The limit is the machine's: in a network namespace of its own a node has none to judge.
    if (memory === null || memory.pressurePages === 0) return [];
    const ratio = memory.pages / memory.pressurePages;
    if (ratio < (open.has("tcp") ? thresholds.clearRatio : thresholds.raiseRatio)) return [];
    const ofMax = memory.maxPages > 0 ? memory.pages / memory.maxPages : 0;
    return [
      {
        subject: "tcp",
        reason: "AbovePressureMark",
        severity: ofMax >= thresholds.criticalRatio ? "critical" : "warning",
        message: t(
          `TCP holds ${bytes(memory.pages * PAGE)}, ${percent(ofMax)} of its limit: the kernel is saving on buffers.`,
          `TCP 占用 ${bytes(memory.pages * PAGE)}，为上限的 ${percent(ofMax)}：内核已开始压缩缓冲区。`,
        ),
        evidence: [
          {
            label: t("Pages (pressure from, at most)", "内存页（压力阈值、上限）"),
            source: "netstack",
            kind: "text",
            value: `${memory.pages} (${memory.pressurePages}, ${memory.maxPages})`,
          },
        ],
        params: { pages: memory.pages },
      },
    ];
  },
});
