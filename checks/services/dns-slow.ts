// Check: name servers answer, but so late that programs give up: lost packets, an overloaded server, or a first server that is dead.
import { defineCheck } from "../define.ts";
import { isOver, tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const dnsSlow = defineCheck({
  id: "dns-slow",
  title: t("Name resolution slow", "域名解析缓慢"),
  area: "dns",
  severity: "info",
  needs: ["dns"],
  dependsOn: ["dns-failing"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 300_000,
  thresholds: { raiseMs: 1_000, clearMs: 500 },
  suggestion: t(
    "Answers after 2 or 5 s are retries of lost packets: look at connection tracking's insert_failed and put a cache on the node.",
    "2 秒或 5 秒后才应答是丢包重试：查看连接跟踪的 insert_failed，并在节点上部署 DNS 缓存。",
  ),
  repairs: [],
  aliases: ["dns_query_time", "CoreDNSLatencyHigh"],
  evaluate: ({ facts: { dns }, thresholds, open }) =>
    dns.lookups
      .filter(
        (l) => l.ok && isOver(l.latencyMs, open.has(`${l.server} ${l.name}`), thresholds.raiseMs, thresholds.clearMs),
      )
      .map((lookup) => ({
        subject: `${lookup.server} ${lookup.name}`,
        reason: "SlowAnswer",
        message: t(
          `${lookup.server} takes up to ${lookup.latencyMs} ms to answer for ${lookup.name}.`,
          `${lookup.server} 解析 ${lookup.name} 耗时可达 ${lookup.latencyMs} 毫秒。`,
        ),
        evidence: [
          tableOf(
            t("Lookups", "解析测试"),
            "dns",
            ["name", "server", "answer", "ms"],
            [...dns.lookups.map((l) => [l.name, l.server, l.code ?? "ok", l.latencyMs])],
          ),
        ],
        params: { server: lookup.server },
        causeKey: `dns:${lookup.server}`,
      })),
});
