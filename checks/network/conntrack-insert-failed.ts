// Check: connection tracking loses the race between two packets of one flow: lookups of names take five seconds now and then.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const conntrackInsertFailed = defineCheck({
  id: "conntrack-insert-failed",
  title: t("Connection tracking inserts fail", "连接跟踪插入失败"),
  area: "network",
  severity: "warning",
  needs: ["netstack"],
  dependsOn: ["conntrack-almost-full"],
  raiseAfterMs: 40_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { raisePerMinute: 30, clearPerMinute: 5 },
  aliases: ["ConntrackInsertFailed", "netfilter_conntrack_insert_failed"],
  suggestion: t(
    "Run a DNS cache on the node, set single-request-reopen in the pods' resolv.conf, take a kernel with the fix (5.0 and later).",
    "部署节点本地 DNS 缓存，在 Pod 的 resolv.conf 中设置 single-request-reopen，或升级到已修复的内核（5.0 及以上）。",
  ),
  repairs: [],
  evaluate: ({ facts: { netstack }, thresholds, open }) => {
    if (netstack.windowMs === null) return { unknown: "rates need two looks, the agent has just started" };
    const failed = netstack.conntrack?.insertFailed ?? 0;
    if (failed < (open.has("conntrack") ? thresholds.clearPerMinute : thresholds.raisePerMinute)) return [];
    return [
      {
        subject: "conntrack",
        reason: "InsertFailed",
        message: t(
          `${failed} packets a minute are dropped because their flow could not be entered.`,
          `每分钟有 ${failed} 个报文因连接跟踪插入失败而丢弃。`,
        ),
        evidence: [
          {
            label: t("Failed a minute", "每分钟失败次数"),
            source: "netstack",
            kind: "number",
            value: failed,
            unit: "count",
            threshold: thresholds.raisePerMinute,
          },
        ],
        params: { failed },
      },
    ];
  },
});
