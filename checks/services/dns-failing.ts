// Check: a name server of this node does not answer, or a name that the node needs does not resolve.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";

export const dnsFailing = defineCheck({
  id: "dns-failing",
  title: t("Name resolution failing", "域名解析失败"),
  area: "dns",
  severity: "warning",
  needs: ["dns"],
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  factTtlMs: 300_000,
  thresholds: { failures: 2 },
  suggestion: t(
    "Test in this order: the local cache, the server (dig @SERVER), connection tracking (conntrack -S), the way there.",
    "按顺序排查：本地缓存、DNS 服务器（dig @SERVER）、连接跟踪（conntrack -S）、网络路径。",
  ),
  repairs: [],
  aliases: ["DNSUnreachable", "ClusterDNSFailure", "dns_query_query_status"],
  evaluate: ({ facts: { dns }, all, thresholds, now }) => {
    const isKubeNode = all.kubelet?.data?.present === true;
    const bad = dns.lookups.filter(
      (lookup) =>
        !lookup.ok &&
        lookup.failures >= thresholds.failures &&
        // A server that never answered may not be meant to (a node without a network); a name was asked for by somebody.
        (lookup.name !== "." || lookup.firstAnswerAt !== null || isKubeNode),
    );
    const deaf = new Set(bad.filter((lookup) => lookup.name === ".").map((lookup) => lookup.server));
    return bad
      .filter((lookup) => lookup.name === "." || !deaf.has(lookup.server))
      .map((lookup) => {
        const isServer = lookup.name === ".";
        const subject = isServer ? lookup.server : lookup.name;
        const failing = now - (lookup.failingSince ?? now);
        return {
          subject,
          reason: isServer ? "ServerSilent" : "NameNotResolved",
          message: isServer
            ? t(
                `The name server ${lookup.server} has not answered for ${age(failing)} (${lookup.code ?? "no reason given"}).`,
                `DNS 服务器 ${lookup.server} 已 ${ageZh(failing)}无应答（${lookup.code ?? "原因未知"}）。`,
              )
            : t(
                `${lookup.name} has not been resolved by ${lookup.server} for ${age(failing)} (${lookup.code ?? "no reason given"}).`,
                `${lookup.name} 已 ${ageZh(failing)}无法通过 ${lookup.server} 解析（${lookup.code ?? "原因未知"}）。`,
              ),
          evidence: [
            tableOf(
              t("Lookups", "解析测试"),
              "dns",
              ["name", "server", "answer", "ms"],
              [...dns.lookups.map((l) => [l.name, l.server, l.code ?? "ok", l.latencyMs])],
            ),
          ],
          params: { server: lookup.server, name: lookup.name },
          causeKey: `dns:${isServer ? lookup.server : lookup.name}`,
        };
      });
  },
});
