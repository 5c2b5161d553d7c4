// Check: the kubelet runs and its health endpoint says no, or nothing.
import { defineCheck } from "../define.ts";
import { textOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";

export const kubeletUnhealthy = defineCheck({
  id: "kubelet-unhealthy",
  title: t("kubelet unhealthy", "kubelet 不健康"),
  area: "kubelet",
  severity: "critical",
  needs: ["kubelet", "modules"],
  // A kubelet without its runtime is unhealthy for that reason.
  dependsOn: ["kubelet-down", "runtime-down", "runtime-hung", "filesystem-frozen"],
  raiseAfterMs: 15_000,
  clearAfterMs: 15_000,
  factTtlMs: 120_000,
  thresholds: { failures: 2 },
  suggestion: t(
    "Look for the one container or mount that blocks it before restarting it; pods keep running over a restart.",
    "重启前先找出阻塞它的容器或挂载；重启期间 Pod 不受影响。",
  ),
  repairs: ["continue-module", "restart-module"],
  aliases: ["KubeletUnhealthy", "KubeletProblem"],
  evaluate: ({ facts: { kubelet, modules }, thresholds, now }) => {
    const health = kubelet.health;
    if (!kubelet.running) return [];
    if (!health) return { unknown: "the kubelet's health endpoint is switched off, or was never heard by this agent" };
    if (health.ok || health.failures < thresholds.failures) return [];
    const module = modules.find((m) => m.kind === "kubelet");
    const isStopped = /^[Tt]$/.test(module?.processState ?? "");
    const asked = (kubelet.healthUrl ?? "http://127.0.0.1:10248/healthz").replace("http://", "");
    const for_ = now - (health.failingSince ?? now);
    return [
      {
        subject: module?.name ?? "kubelet",
        reason: isStopped ? "ProcessStopped" : health.status === null ? "NoAnswer" : "HealthCheckFailed",
        message: t(
          `The kubelet's health check has failed for ${age(for_)}: ${health.error ?? "no reason given"}.`,
          `kubelet 健康检查已失败 ${ageZh(for_)}：${health.error ?? "原因未知"}。`,
        ),
        evidence: [textOf(t(`Answer of ${asked}`, `${asked} 的应答`), "kubelet", health.error ?? "–")],
        params: { module: module?.name ?? "kubelet", process: module?.process ?? null },
      },
    ];
  },
});
