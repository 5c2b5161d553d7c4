// Check: a runtime handler is wanted or configured on this node, but its program is not there: pods of that class cannot start here.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const runtimeClassMissing = defineCheck({
  id: "runtime-class-missing",
  title: t("Runtime class not usable on this node", "节点缺少运行时类所需的程序"),
  area: "runtime",
  severity: "warning",
  needs: ["sandboxes"],
  dependsOn: ["runtime-down", "runtime-hung"],
  raiseAfterMs: 30_000,
  clearAfterMs: 20_000,
  factTtlMs: 90_000,
  thresholds: {},
  aliases: ["RuntimeHandler not supported", "GPURuntimeMissing"],
  suggestion: t(
    "Install the program in waves, or keep such pods away with a label. A handler that nobody wants here should leave the configuration.",
    "分批安装该程序，或用标签避免把此类 Pod 调度过来。本节点无人需要的 handler 应从配置中移除。",
  ),
  repairs: [],
  evaluate: ({ facts, all }) => {
    const used = new Set((all.pods?.data ?? []).flatMap((pod) => (pod.handler ? [pod.handler] : [])));
    return facts.sandboxes.handlers
      .filter((handler) => handler.isFound === false)
      .map((handler) => {
        const isUnheard = handler.runtime === "";
        return {
          subject: handler.name,
          reason: isUnheard ? "HandlerNotConfigured" : "HandlerProgramMissing",
          severity: handler.isWanted || used.has(handler.name) ? ("warning" as const) : ("info" as const),
          message: isUnheard
            ? t(
                `Runtime handler ${handler.name} is wanted on this node, but no runtime is configured for it.`,
                `本节点需要运行时 handler ${handler.name}，但没有运行时配置它。`,
              )
            : t(
                `Runtime handler ${handler.name} of ${handler.runtime} needs ${handler.binary ?? "a program"}, which is not installed.`,
                `${handler.runtime} 的运行时 handler ${handler.name} 需要 ${handler.binary ?? "某个程序"}，但未安装。`,
              ),
          evidence: [
            tableOf(
              t("Handlers", "运行时 handler"),
              "sandboxes",
              ["handler", "runtime", "program", "wanted here"],
              [[handler.name, handler.runtime || "–", handler.binary ?? "–", handler.isWanted ? "yes" : "no"]],
            ),
          ],
          params: { handler: handler.name, runtime: handler.runtime },
          causeKey: `package:${handler.binary ?? handler.name}`,
        };
      });
  },
});
