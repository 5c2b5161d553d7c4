// Check: a module that this node is meant to run, or that ran while the agent looked, is not there.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";
import { isGeneral, onPurpose } from "./module-kinds.ts";

export const moduleStopped = defineCheck({
  id: "module-stopped",
  title: t("Module stopped", "模块已停止"),
  area: "node",
  severity: "warning",
  needs: ["modules"],
  raiseAfterMs: 20_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "Start it; when it ends again, its last log lines and the newest change to it say why.",
    "启动它；若再次退出，最后几行日志和最近一次变更会说明原因。",
  ),
  repairs: ["start-module"],
  evaluate: ({ facts: { modules }, now }) =>
    modules
      .filter((module) => isGeneral(module) && module.state === "stopped")
      .map((module) => ({
        subject: module.name,
        reason: module.ended === "cleanly" ? "StoppedOnPurpose" : "ProcessGone",
        message: t(
          `${module.name} has not been running for ${age(now - module.since)}.${onPurpose(module).en}`,
          `${module.name} 已停止运行 ${ageZh(now - module.since)}。${onPurpose(module).zh}`,
        ),
        evidence: [
          tableOf(
            t("Module", "模块"),
            "modules",
            ["module", "kind", "state", "restarts", "manager"],
            [[module.name, module.kind, module.state, module.restarts, module.manager]],
          ),
        ],
        params: { module: module.name },
      })),
});
