// Check: a module that runs here says by its own health endpoint that it is not well, or says nothing.
import type { FactData } from "../../protocol/facts.ts";
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";

/** Programs behind plugins that have a health endpoint. */
const AGENTS: Record<string, string> = { "cilium-cni": "cilium-agent", calico: "calico-node" };

/** The program that the network configuration in use (the first file that is valid) needs and that nobody asked. */
function notFound(endpoints: FactData["endpoints"], cni: FactData["cni"] | null): string | undefined {
  const plugins = cni?.files.find((file) => file.valid)?.plugins ?? [];
  return plugins.flatMap((plugin) => AGENTS[plugin] ?? []).find((name) => !endpoints.some((e) => e.name === name));
}

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
  evaluate: ({ facts: { endpoints }, all, thresholds, now }) => {
    const failing = endpoints
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
      }));
    const silent = notFound(endpoints, all.cni?.data ?? null);
    return failing.length === 0 && silent ? { unknown: `no ${silent} to ask runs beside the agent` } : failing;
  },
});
