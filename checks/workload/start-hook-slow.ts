// Check: a start hook that took, or still takes, longer than its budget: the container waits for it.
import { defineCheck } from "../define.ts";
import { numberOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const startHookSlow = defineCheck({
  id: "start-hook-slow",
  title: t("Start hook slow", "启动钩子过慢"),
  area: "workload",
  severity: "info",
  needs: ["workload"],
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  factTtlMs: 90_000,
  thresholds: { budgetMs: 10_000, recentMs: 1_800_000 },
  suggestion: t(
    "Look at what the hook waits for and give it a deadline. Scaling out in seconds is not possible with a hook that takes longer.",
    "查看钩子在等什么，并为其设置超时。钩子比扩容目标还慢，就无法做到秒级扩容。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, now }) => {
    const latest = new Map(facts.workload.startHooks.map((hook) => [`${hook.containerId}/${hook.hook}`, hook]));
    return [...latest].flatMap(([subject, hook]) => {
      const took = (hook.endedAt ?? now) - hook.startedAt;
      const isFailed = hook.exitCode !== null && hook.exitCode !== 0;
      if (isFailed || took < thresholds.budgetMs || now - hook.startedAt >= thresholds.recentMs) return [];
      return [
        {
          subject,
          reason: hook.endedAt === null ? "HookRuns" : "HookSlow",
          message: t(
            `Start hook ${hook.hook} of ${whoOf(all, hook.containerId)} ${hook.endedAt === null ? "has been running for" : "took"} ${age(took)}.`,
            `${whoOf(all, hook.containerId)} 的启动钩子 ${hook.hook} ${hook.endedAt === null ? "已运行" : "耗时"} ${ageZh(took)}。`,
          ),
          evidence: [numberOf(t("Time", "耗时"), "workload", took, "ms", thresholds.budgetMs)],
          params: { containerId: hook.containerId, hook: hook.hook },
          causeKey: `config:hook ${hook.hook}`,
        },
      ];
    });
  },
});
