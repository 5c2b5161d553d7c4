// Check: a module that runs here says by its own health endpoint that it is not well, or says nothing.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";

export const endpointFailing = defineCheck({
  id: "endpoint-failing",
  title: t("Health endpoint failing", "健康检查端点失败"),
  area: "node",
  severity: "warning",
  needs: ["endpoints"],
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  factTtlMs: 180_000,
  thresholds: { failures: 3 },
  suggestion: t(
    "Read the module's log from the moment it began; restart it where that does not cut pods off.",
    "从开始失败的时刻查看该模块日志；在不影响 Pod 网络的前提下重启。",
  ),
  repairs: [],
  aliases: ["KubeProxyUnhealthy", "CiliumUnhealthy"],
  evaluate: ({ facts: { endpoints }, thresholds, now }) =>
    endpoints
      .filter((endpoint) => endpoint.scope === "local" && !endpoint.ok && endpoint.failures >= thresholds.failures)
      .map((endpoint) => ({
        subject: endpoint.name,
        reason: endpoint.status === null ? "NoAnswer" : "SaysUnhealthy",
        message: t(
          `${endpoint.name} has failed its health check for ${age(now - (endpoint.failingSince ?? now))}: ${endpoint.error ?? "no reason given"}.`,
          `${endpoint.name} 健康检查已失败 ${ageZh(now - (endpoint.failingSince ?? now))}：${endpoint.error ?? "原因未知"}。`,
        ),
        evidence: [
          tableOf(
            t("Endpoint", "端点"),
            "endpoints",
            ["name", "address", "says", "in a row"],
            [[endpoint.name, endpoint.url, endpoint.error ?? "–", endpoint.failures]],
          ),
        ],
        params: { endpoint: endpoint.name, module: endpoint.name },
      })),
});
