// Check: the daemon that keeps the clock ran here, or is meant to, and is gone: the clock will drift, certificates and leases with it.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";
import { isTimeService } from "./module-kinds.ts";

export const timeServiceDown = defineCheck({
  id: "time-service-down",
  title: t("Time service down", "时间服务未运行"),
  area: "time",
  severity: "warning",
  needs: ["modules", "timeSync"],
  raiseAfterMs: 20_000,
  clearAfterMs: 10_000,
  factTtlMs: 300_000,
  thresholds: {},
  suggestion: t(
    "Start it. Two time services on one node end each other: keep one.",
    "启动它。同一节点上两个时间服务会互相冲突，只保留一个。",
  ),
  repairs: ["start-module"],
  aliases: ["NTPProblem", "NTPDown"],
  evaluate: ({ facts: { modules, timeSync } }) => {
    const gone = modules.filter((module) => isTimeService(module) && module.state === "stopped");
    // Another one has taken over: that was a change, not a fault.
    const [first] = gone;
    if (!first || timeSync.source !== null) return [];
    return [
      {
        subject: first.name,
        reason: "TimeServiceGone",
        message: t(
          `${first.name} is not running and nothing else keeps the clock.`,
          `${first.name} 未运行，也没有其他服务校时。`,
        ),
        evidence: [
          tableOf(
            t("Time services", "时间服务"),
            "modules",
            ["module", "state", "manager"],
            [...gone.map((module) => [module.name, module.state, module.manager])],
          ),
        ],
        params: { module: first.name },
      },
    ];
  },
});
