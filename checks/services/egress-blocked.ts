// Check: the node does not reach something that it needs: a registry, the API server, a package mirror. Nodes share the cause.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";

export const egressBlocked = defineCheck({
  id: "egress-blocked",
  title: t("Needed service not reachable", "所需服务不可达"),
  area: "network",
  severity: "warning",
  needs: ["endpoints"],
  dependsOn: ["dns-failing"],
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  factTtlMs: 180_000,
  thresholds: { failures: 3 },
  suggestion: t(
    "When many nodes say the same it is the service, a firewall or a proxy; when one does, compare its routes and certificates with a neighbour's.",
    "若多台节点同时出现，问题在服务、防火墙或代理；若只有一台，与相邻节点比对路由和证书。",
  ),
  repairs: [],
  aliases: ["EgressBlocked", "NetworkConnectivityProblem"],
  evaluate: ({ facts: { endpoints }, thresholds, now }) =>
    endpoints
      .filter((endpoint) => endpoint.scope === "egress" && !endpoint.ok && endpoint.failures >= thresholds.failures)
      .map((endpoint) => ({
        subject: endpoint.name,
        reason: endpoint.status === null ? "NotReachable" : "ServerError",
        message: t(
          `${endpoint.name} (${endpoint.url}) has not been reachable for ${age(now - (endpoint.failingSince ?? now))}: ${endpoint.error ?? "no reason given"}.`,
          `${endpoint.name}（${endpoint.url}）已 ${ageZh(now - (endpoint.failingSince ?? now))}不可达：${endpoint.error ?? "原因未知"}。`,
        ),
        evidence: [
          tableOf(
            t("Endpoint", "端点"),
            "endpoints",
            ["name", "address", "says", "in a row"],
            [[endpoint.name, endpoint.url, endpoint.error ?? "–", endpoint.failures]],
          ),
        ],
        params: { endpoint: endpoint.name },
        causeKey: `endpoint:${endpoint.url}`,
      })),
});
