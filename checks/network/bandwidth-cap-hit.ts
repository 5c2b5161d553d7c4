// Check: the cloud cuts the node's traffic off at the instance's limits; inside the node everything looks well.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const bandwidthCapHit = defineCheck({
  id: "bandwidth-cap-hit",
  title: t("Instance network limit reached", "达到实例网络规格上限"),
  area: "network",
  severity: "warning",
  needs: ["netstack"],
  raiseAfterMs: 40_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { raisePerMinute: 100, clearPerMinute: 10 },
  aliases: ["BandwidthInExceeded", "BandwidthOutExceeded", "PPSExceeded", "ConntrackExceeded", "LinkLocalExceeded"],
  suggestion: t(
    "Spread the pods or take a larger instance. linklocal: cache DNS on the node; conntrack: fewer or longer connections.",
    "分散 Pod 或更换更大规格。linklocal 超限请使用节点本地 DNS 缓存；conntrack 超限请减少或复用连接。",
  ),
  repairs: [],
  evaluate: ({ facts: { netstack }, thresholds, open }) => {
    if (netstack.windowMs === null) return { unknown: "rates need two looks, the agent has just started" };
    return netstack.allowances
      .map((row) => ({ ...row, subject: `${row.device} ${row.counter}` }))
      .filter(
        ({ subject, perMinute }) =>
          perMinute >= (open.has(subject) ? thresholds.clearPerMinute : thresholds.raisePerMinute),
      )
      .map(({ subject, device, counter, perMinute }) => ({
        subject,
        reason: "AllowanceExceeded",
        message: t(
          `${device}: the cloud held back ${perMinute} packets a minute (${counter}).`,
          `${device}：云平台每分钟限制了 ${perMinute} 个报文（${counter}）。`,
        ),
        evidence: [
          {
            label: t("Packets held back a minute", "每分钟受限报文数"),
            source: "netstack",
            kind: "number",
            value: perMinute,
            unit: "count",
            threshold: thresholds.raisePerMinute,
          },
        ],
        params: { device, counter },
      }));
  },
});
