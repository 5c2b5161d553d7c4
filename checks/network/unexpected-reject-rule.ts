// Check: somebody put a REJECT or DROP rule before pods' traffic by hand; no known manager made it.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";
import { hitsPods, podDevices, ruleKey } from "./reject-rules.ts";

export const unexpectedRejectRule = defineCheck({
  id: "unexpected-reject-rule",
  title: t("Unexpected packet filter rule", "意外的防火墙拒绝规则"),
  area: "network",
  severity: "warning",
  needs: ["firewall"],
  raiseAfterMs: 10_000,
  clearAfterMs: 5_000,
  factTtlMs: 180_000,
  thresholds: {},
  aliases: ["UnexpectedRejectRule", "IPTablesReject"],
  suggestion: t(
    "Ask who added the rule; a security agent or a person did, on purpose or not. Take it out only when nobody claims it.",
    "先确认是谁添加的：可能是安全软件或人工操作，也可能是误加。无人认领时再删除。",
  ),
  repairs: ["drop-reject-rule"],
  evaluate: ({ facts: { firewall }, all }) => {
    const devices = podDevices(all.podNetwork?.data);
    return firewall.refusals
      .filter((rule) => hitsPods(rule, firewall.podRanges, devices))
      .slice(0, 20)
      .map((rule) => ({
        subject: ruleKey(rule),
        reason: rule.target === "REJECT" ? "RejectsPods" : "DropsPods",
        message: t(
          `Rule ${rule.position} of ${rule.chain} (${rule.backend}) refuses pods' traffic: ${rule.rule.join(" ")}. It was hit by ${rule.packets} packets; no known program made it.`,
          `${rule.chain} 链第 ${rule.position} 条规则（${rule.backend}）拦截 Pod 流量：${rule.rule.join(" ")}。已命中 ${rule.packets} 个报文，且不属于任何已知程序。`,
        ),
        evidence: [
          {
            label: t("The rule", "规则"),
            source: "firewall",
            kind: "log",
            lines: [`-A ${rule.chain} ${rule.rule.join(" ")}`],
          },
          {
            label: t("Packets it hit", "命中报文数"),
            source: "firewall",
            kind: "number",
            value: rule.packets,
            unit: "count",
          },
        ],
        params: { backend: rule.backend, family: rule.family, chain: rule.chain, rule: rule.rule },
        causeKey: `config:firewall:${rule.chain} ${rule.rule.join(" ").slice(0, 120)}`,
      }));
  },
});
