// Check: a runtime's daemon that starts again and again: each start answers for a moment, so that no probe fails for long.
import { defineCheck } from "../define.ts";
import { isOver, numberOf, tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";

export const runtimeCrashLoop = defineCheck({
  id: "runtime-crash-loop",
  title: t("Container runtime starts again and again", "容器运行时反复重启"),
  area: "runtime",
  severity: "critical",
  needs: ["workload", "modules"],
  raiseAfterMs: 0,
  clearAfterMs: 60_000,
  factTtlMs: 90_000,
  thresholds: { raiseCount: 5, clearCount: 2 },
  aliases: ["FrequentContainerdRestart", "FrequentDockerRestart"],
  suggestion: t(
    "Read its last panic or error before the next start overwrites it; compare configuration and version with a node that is well. More restarts do not help.",
    "在下次启动之前查看最近一次 panic 或错误；与正常节点对比配置和版本。继续重启没有帮助。",
  ),
  repairs: [],
  evaluate: ({ facts, thresholds, now, open }) =>
    facts.workload.daemonStarts
      .filter((d) => isOver(d.count, open.has(d.module), thresholds.raiseCount, thresholds.clearCount))
      .map((d) => {
        const module = facts.modules.find((m) => m.name === d.module);
        return {
          subject: d.module,
          reason: "FrequentRestart",
          message: t(
            `${d.module} was started ${d.count} times within 20 min, last ${age(now - d.lastAt)} ago.`,
            `${d.module} 在 20 分钟内启动了 ${d.count} 次，最近一次在 ${ageZh(now - d.lastAt)}前。`,
          ),
          evidence: [
            numberOf(t("Starts in 20 min", "20 分钟内启动次数"), "workload", d.count, "count", thresholds.raiseCount),
            tableOf(
              t("Module", "模块"),
              "modules",
              ["module", "state", "version", "manager", "message"],
              [[d.module, module?.state ?? "–", module?.version ?? "–", module?.manager ?? "–", module?.message ?? ""]],
            ),
          ],
          params: { module: d.module },
          causeKey: `package:${d.module} ${module?.version ?? ""}`.trim(),
        };
      }),
});
