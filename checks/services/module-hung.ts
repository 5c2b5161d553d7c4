// Check: a module's process is there but stopped (state T) or does not answer.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";
import { isGeneral, isTimeService } from "./module-kinds.ts";

export const moduleHung = defineCheck({
  id: "module-hung",
  title: t("Module hung", "模块挂起"),
  area: "node",
  severity: "warning",
  needs: ["modules"],
  raiseAfterMs: 20_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "A process in state T was stopped by somebody (a debugger, SIGSTOP): let it go on. One that runs and is silent needs a restart.",
    "状态为 T 的进程是被人为暂停的（调试器、SIGSTOP）：让它继续运行。仍在运行却无应答的需要重启。",
  ),
  repairs: ["continue-module", "restart-module"],
  evaluate: ({ facts: { modules }, now }) =>
    modules
      .filter(
        (module) => (isGeneral(module) || isTimeService(module)) && module.state === "hung" && module.process !== null,
      )
      .map((module) => ({
        subject: module.name,
        reason: /^[Tt]$/.test(module.processState ?? "") ? "ProcessStopped" : "NoAnswer",
        message: t(
          `${module.name} has hung for ${age(now - module.since)}: ${module.message ?? "it does not answer"}.`,
          `${module.name} 已挂起 ${ageZh(now - module.since)}，进程状态 ${module.processState ?? "?"}。`,
        ),
        evidence: [
          tableOf(
            t("Module", "模块"),
            "modules",
            ["module", "kind", "pid", "state", "message"],
            [[module.name, module.kind, module.process?.pid ?? "–", module.processState ?? "–", module.message ?? "–"]],
          ),
        ],
        params: { module: module.name, process: module.process },
      })),
});
