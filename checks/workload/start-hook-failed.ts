// Check: a start hook of a container (security route, CPU share, page sync) ended with an error: the container waits for it, or runs without its work.
import { defineCheck, type Problem } from "../define.ts";
import { tableOf, textOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

/** runc: "error running hook #0", "running prestart hook 1 caused"; Docker and Pouch pass it on. */
const HOOK_ERROR = /(running|executing) [\w ]*hook|hook #?\d+/i;

export const startHookFailed = defineCheck({
  id: "start-hook-failed",
  title: t("Start hook failed", "启动钩子失败"),
  area: "workload",
  severity: "warning",
  needs: ["workload", "containers"],
  dependsOn: ["runtime-down", "runtime-hung"],
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  factTtlMs: 90_000,
  thresholds: { recentMs: 1_800_000 },
  suggestion: t(
    "Read the hook's output; its dependency is usually away. A hook that is not essential must not hold a start back: let it fail softly and try again later.",
    "查看钩子输出，通常是其依赖不可用。非必要的钩子不应阻塞启动：应允许失败并稍后重试。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, now }) => {
    const latest = new Map(facts.workload.startHooks.map((hook) => [`${hook.containerId}/${hook.hook}`, hook]));
    const recorded = [...latest.values()].flatMap((hook): Problem[] => {
      const at = hook.endedAt ?? hook.startedAt;
      if (hook.exitCode === null || hook.exitCode === 0 || now - at >= thresholds.recentMs) return [];
      return [
        {
          subject: `${hook.containerId}/${hook.hook}`,
          reason: "HookFailed",
          message: t(
            `Start hook ${hook.hook} of ${whoOf(all, hook.containerId)} ended ${age(now - at)} ago with code ${hook.exitCode}.`,
            `${whoOf(all, hook.containerId)} 的启动钩子 ${hook.hook} 在 ${ageZh(now - at)}前以退出码 ${hook.exitCode} 结束。`,
          ),
          evidence: [textOf(t("What it said", "钩子输出"), "workload", hook.message ?? "–")],
          params: { containerId: hook.containerId, hook: hook.hook },
          causeKey: `config:hook ${hook.hook}`,
        },
      ];
    });
    const refused = facts.containers.flatMap((c): Problem[] => {
      const at = c.finishedAt ?? c.createdAt;
      if (c.state === "running" || now - at >= thresholds.recentMs || !HOOK_ERROR.test(c.reason ?? "")) return [];
      return [
        {
          subject: c.id,
          reason: "HookStopsStart",
          message: t(
            `Container ${whoOf(all, c.id)} did not start: a hook failed.`,
            `容器 ${whoOf(all, c.id)} 未能启动：钩子失败。`,
          ),
          evidence: [
            tableOf(
              t("What the runtime says", "运行时的说明"),
              "containers",
              ["container", "reason"],
              [[whoOf(all, c.id), c.reason ?? "–"]],
            ),
          ],
          params: { containerId: c.id },
        },
      ];
    });
    return [...recorded, ...refused];
  },
});
