// Check: a runtime answers and says of itself that it is not ready.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const runtimeNotReady = defineCheck({
  id: "runtime-not-ready",
  title: t("Container runtime not ready", "容器运行时未就绪"),
  area: "runtime",
  severity: "critical",
  needs: ["runtimes"],
  dependsOn: ["runtime-down", "runtime-hung"],
  raiseAfterMs: 15_000,
  clearAfterMs: 10_000,
  factTtlMs: 60_000,
  thresholds: {},
  aliases: ["RuntimeReady", "ContainerRuntimeUnhealthy", "RuntimeOffline"],
  suggestion: t(
    "Its own words name the reason: usually a plugin that failed to load. Read the daemon's log of its last start.",
    "运行时自己的说明给出了原因，通常是某个插件加载失败。查看守护进程最近一次启动的日志。",
  ),
  repairs: [],
  evaluate: ({ facts }) =>
    facts.runtimes.flatMap((runtime) => {
      const condition = runtime.conditions.find((c) => c.type === "RuntimeReady" && !c.status);
      if (!runtime.probe.ok || !condition) return [];
      return [
        {
          subject: runtime.id,
          reason: "RuntimeNotReady",
          message: t(
            `${runtime.name} answers, but says that it is not ready: ${condition.reason || "it gives no reason"}.`,
            `${runtime.name} 有应答，但表示自身未就绪：${condition.reason || "未给出原因"}。`,
          ),
          evidence: [
            tableOf(
              t("Conditions", "状态条件"),
              "runtimes",
              ["type", "status", "reason", "message"],
              runtime.conditions.map((c) => [c.type, c.status ? "yes" : "no", c.reason, c.message]),
            ),
          ],
          params: { runtime: runtime.id, module: runtime.module },
        },
      ];
    }),
});
