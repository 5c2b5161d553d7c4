// Check: the node's clock is away from the console's, or its time service says that it is not in step.
import { defineCheck, type Evidence } from "./define.ts";
import { t } from "./text.ts";

export const clockOff = defineCheck({
  id: "clock-off",
  title: t("Clock off", "时钟偏差"),
  area: "time",
  severity: "warning",
  needs: ["timeSync"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 300_000,
  thresholds: { raiseMs: 2_000, clearMs: 1_000, criticalMs: 60_000 },
  suggestion: t(
    "Find out why the time service does not follow its source; step the clock only in a quiet moment, leases and certificates depend on it.",
    "查明时间服务为何没有跟上时间源；仅在业务平稳时校正时钟，租约和证书都依赖它。",
  ),
  repairs: [],
  evaluate: ({ facts: { timeSync }, thresholds, open }) => {
    const offset = timeSync.gatewayOffsetMs ?? timeSync.offsetMs;
    if (offset === null) return { unknown: "the clock could not be compared with anything yet" };
    const away = Math.abs(offset);
    if (away < (open.has("clock") ? thresholds.clearMs : thresholds.raiseMs)) return [];
    const evidence: Evidence[] = [
      {
        label: t("Node clock minus console clock", "节点时钟减去控制台时钟"),
        source: "timeSync",
        kind: "number",
        value: offset,
        unit: "ms",
        threshold: thresholds.raiseMs,
      },
      {
        label: t("Time service", "时间服务"),
        source: "timeSync",
        kind: "text",
        value: `${timeSync.source ?? "none found"}${timeSync.synchronized === null ? "" : timeSync.synchronized ? ", in step" : ", not in step"}`,
      },
    ];
    const s = (away / 1000).toFixed(1);
    return [
      {
        subject: "clock",
        reason: offset > 0 ? "Ahead" : "Behind",
        severity: away >= thresholds.criticalMs ? "critical" : "warning",
        message: t(
          `The node's clock is ${s} s ${offset > 0 ? "ahead" : "behind"}.`,
          `节点时钟${offset > 0 ? "快" : "慢"} ${s} 秒。`,
        ),
        evidence,
        params: { offsetMs: offset },
      },
    ];
  },
});
