// Check: systemd answers, but slowly: pods on the systemd cgroup driver start slowly or time out.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { t } from "../text.ts";

export const systemdBusSlow = defineCheck({
  id: "systemd-bus-slow",
  title: t("systemd slow", "systemd 响应缓慢"),
  area: "systemd",
  severity: "warning",
  needs: ["systemd"],
  dependsOn: ["systemd-offline"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 300_000,
  thresholds: { raiseMs: 2_000, clearMs: 1_000 },
  suggestion: t(
    "Count its units and mounts: leaked scopes and mounts keep the first process busy. Start fewer pods at once until it is quick again.",
    "统计 unit 和挂载数量：泄漏的 scope 和挂载会拖慢一号进程。恢复之前减少同时启动的 Pod。",
  ),
  repairs: [],
  aliases: ["DbusUnresponsive"],
  evaluate: ({ facts: { systemd }, thresholds, open }) => {
    if (!systemd.present || systemd.latencyMs === null || systemd.error !== null) return [];
    if (!isOver(systemd.latencyMs, open.has("systemd"), thresholds.raiseMs, thresholds.clearMs)) return [];
    return [
      {
        subject: "systemd",
        reason: "SlowAnswer",
        message: t(
          `systemd takes up to ${systemd.latencyMs} ms for a simple question.`,
          `systemd 回答一个简单查询需要约 ${systemd.latencyMs} 毫秒。`,
        ),
        evidence: [
          numberOf(t("Answer time", "响应时间"), "systemd", systemd.latencyMs, "ms", thresholds.raiseMs),
          numberOf(t("Units", "unit 数量"), "systemd", systemd.units ?? 0, "count"),
          numberOf(t("Jobs waiting", "等待中的任务"), "systemd", systemd.jobs ?? 0, "count"),
        ],
        params: {},
      },
    ];
  },
});
