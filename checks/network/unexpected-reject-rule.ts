// Check: somebody put a REJECT or DROP rule before pods' traffic by hand; no known manager made it.
import { defineCheck, type Problem } from "../define.ts";
import { t } from "../text.ts";
import { hitsPods, isBare, podDevices, ruleKey } from "./reject-rules.ts";

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
  evaluate: ({ facts: { firewall }, all, open }) => {
    const devices = podDevices(all.podNetwork?.data);
    const found = firewall.refusals
      .filter((rule) => hitsPods(rule, firewall, devices))
      .slice(0, 20)
      .map(
        (rule): Problem => ({
          subject: ruleKey(rule),
          reason: isBare(rule) ? "RefusesAll" : rule.target === "REJECT" ? "RejectsPods" : "DropsPods",
          message: t(
            `Rule ${rule.position} of ${rule.chain} (${rule.backend}) refuses ${isBare(rule) ? "everything that comes to it" : "pods' traffic"}: ${rule.rule.join(" ")}. It was hit by ${rule.packets} packets and bears no mark of a known program.`,
            `${rule.chain} 链第 ${rule.position} 条规则（${rule.backend}）拦截${isBare(rule) ? "到达该处的一切流量" : " Pod 流量"}：${rule.rule.join(" ")}。已命中 ${rule.packets} 个报文，且没有已知程序的标记。`,
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
        }),
      );
    const unread = firewall.foreignTables;
    // A rule that was there and is gone is gone, whatever else cannot be read.
    if (found.length > 0 || open.size > 0 || unread?.length === 0) return found;
    return {
      unknown: `${unread ? `nft tables ${unread.join(", ")}` : "nft(8) does not say which chains there are, and they"} may refuse pods too and are not read`,
    };
  },
});
