// Check: pulls take far longer than they usually do here, or longer than anybody waits.
import { defineCheck } from "../define.ts";
import { seconds, t } from "../text.ts";
import { mainRegistry } from "./names.ts";

export const imagePullSlow = defineCheck({
  id: "image-pull-slow",
  title: t("Image pulls are slow", "镜像拉取缓慢"),
  area: "image",
  severity: "warning",
  needs: ["startup"],
  dependsOn: ["runtime-down", "runtime-hung", "p2p-daemon-down"],
  raiseAfterMs: 20_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { alwaysMs: 180_000, slowMs: 30_000, timesUsual: 3, windowsMin: 20 },
  aliases: ["ImagePullSlow", "KubeletImagePullLatency"],
  suggestion: t(
    "Look how many nodes say so: many mean registry or network, one means its disk or its way there.",
    "先看有多少节点报告：多个节点说明是仓库或网络问题，单个节点则检查其磁盘或网络路径。",
  ),
  repairs: [],
  evaluate: ({ facts: { startup }, all, thresholds }) => {
    const registry = mainRegistry((all.containers?.data ?? []).map((c) => c.image));
    return startup.interfaces.flatMap((call) => {
      const { latencyMs, usualLatencyMs, windows } = call;
      if (!call.interface.endsWith("/PullImage") || latencyMs === null) return [];
      const isUnusual =
        windows >= thresholds.windowsMin &&
        usualLatencyMs !== null &&
        latencyMs >= usualLatencyMs * thresholds.timesUsual;
      if (latencyMs < thresholds.alwaysMs && !(latencyMs >= thresholds.slowMs && isUnusual)) return [];
      return [
        {
          subject: call.runtime,
          reason: "PullSlow",
          message: t(
            `A pull takes ${seconds(latencyMs)} s${usualLatencyMs === null ? "" : `, usually ${seconds(usualLatencyMs)} s`}.`,
            `一次镜像拉取耗时 ${seconds(latencyMs)} 秒${usualLatencyMs === null ? "" : `，通常为 ${seconds(usualLatencyMs)} 秒`}。`,
          ),
          evidence: [
            {
              label: t("Middle of the last window", "最近窗口的中位耗时"),
              source: "startup" as const,
              kind: "number" as const,
              value: latencyMs,
              unit: "ms" as const,
              threshold: thresholds.slowMs,
            },
            {
              label: t("Pulls", "拉取次数"),
              source: "startup" as const,
              kind: "number" as const,
              value: call.calls,
              unit: "count" as const,
            },
          ],
          params: { runtime: call.runtime },
          ...(registry ? { causeKey: `registry:${registry}` } : {}),
        },
      ];
    });
  },
});
