// Check: the connection tracking table fills up; once full, the kernel drops every new connection of every container.
import { defineCheck, type Evidence } from "./define.ts";
import { percent, t } from "./text.ts";

export const conntrackAlmostFull = defineCheck({
  id: "conntrack-almost-full",
  title: t("Connection tracking almost full", "连接跟踪表即将占满"),
  area: "network",
  severity: "warning",
  needs: ["conntrack"],
  raiseAfterMs: 10_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: { raiseRatio: 0.9, clearRatio: 0.8, criticalRatio: 0.98 },
  suggestion: t(
    "Raise the limit where the node allows it; otherwise drop entries that never saw an answer and shorten their timeouts. Then find who opens them.",
    "若节点允许，提高上限；否则清除从未得到应答的条目并缩短其超时时间，然后查明是谁在大量建立连接。",
  ),
  repairs: ["relieve-conntrack"],
  evaluate: ({ facts: { conntrack }, thresholds, open }) => {
    if (conntrack.max === 0) return { unknown: "the kernel states no limit for connection tracking" };
    const ratio = conntrack.count / conntrack.max;
    if (ratio < (open.has("conntrack") ? thresholds.clearRatio : thresholds.raiseRatio)) return [];
    const evidence: Evidence[] = [
      {
        label: t("Used", "已使用"),
        source: "conntrack",
        kind: "number",
        value: ratio,
        unit: "ratio",
        threshold: thresholds.raiseRatio,
      },
      {
        label: t("Entries", "条目数"),
        source: "conntrack",
        kind: "number",
        value: conntrack.count,
        unit: "count",
        threshold: conntrack.max,
      },
    ];
    const groups = Object.entries(conntrack.groups).sort((a, b) => b[1] - a[1]);
    if (groups.length > 0) {
      evidence.push({
        label: t("Entries by protocol and state", "按协议与状态统计"),
        source: "conntrack",
        kind: "table",
        columns: ["group", "entries"],
        rows: groups.slice(0, 12),
      });
    }
    if (conntrack.drops > 0 || conntrack.insertFailed > 0) {
      evidence.push({
        label: t("Lost since boot (dropped, insert failed)", "启动以来的丢失（丢弃、插入失败）"),
        source: "conntrack",
        kind: "text",
        value: `${conntrack.drops}, ${conntrack.insertFailed}`,
      });
    }
    return [
      {
        subject: "conntrack",
        reason: "TableAlmostFull",
        severity: ratio >= thresholds.criticalRatio ? "critical" : "warning",
        message: t(
          `${conntrack.count} of ${conntrack.max} tracked connections are used (${percent(ratio)}); when full, new connections are dropped.`,
          `连接跟踪条目已使用 ${conntrack.count} / ${conntrack.max}（${percent(ratio)}）；占满后新连接会被直接丢弃。`,
        ),
        evidence,
        params: { count: conntrack.count, max: conntrack.max },
      },
    ];
  },
});
