// Check: calls of the runtime take several times as long as they usually do on this node.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";
import { comparable } from "./runtime-calls.ts";

export const runtimeInterfaceSlow = defineCheck({
  id: "runtime-interface-slow",
  title: t("Runtime calls slower than usual", "运行时接口明显变慢"),
  area: "runtime",
  severity: "warning",
  needs: ["startup"],
  dependsOn: ["runtime-down", "runtime-hung"],
  raiseAfterMs: 40_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { timesUsual: 3, slowerByMs: 1_000 },
  aliases: ["KubeletRPCDeadlineExceeded", "RuntimeLatencyHigh"],
  suggestion: t(
    "Look at disk and memory pressure first, then take a goroutine dump and compare it with a healthy node's. If it began with a change, halt the change.",
    "先检查磁盘与内存压力，再抓取 goroutine 并与健康节点对比；若始于某次变更，请暂停该变更。",
  ),
  repairs: [],
  evaluate: ({ facts: { startup }, thresholds }) => {
    const slow = comparable(startup.interfaces).filter(
      ({ latencyMs, usualLatencyMs }) =>
        latencyMs !== null &&
        usualLatencyMs !== null &&
        latencyMs >= usualLatencyMs * thresholds.timesUsual &&
        latencyMs - usualLatencyMs >= thresholds.slowerByMs,
    );
    return [...new Set(slow.map((call) => call.runtime))].map((runtime) => {
      const calls = slow.filter((call) => call.runtime === runtime);
      return {
        subject: runtime,
        reason: "LatencyRose",
        message: t(
          `${runtime}: ${calls.map((c) => `${c.interface} takes ${c.latencyMs} ms, usually ${c.usualLatencyMs} ms`).join("; ")}.`,
          `${runtime}：${calls.map((c) => `${c.interface} 耗时 ${c.latencyMs} 毫秒，通常 ${c.usualLatencyMs} 毫秒`).join("；")}。`,
        ),
        evidence: [
          {
            label: t("Calls", "接口"),
            source: "startup" as const,
            kind: "table" as const,
            columns: ["interface", "calls", "ms", "usual ms"],
            rows: calls.map((c) => [c.interface, c.calls, c.latencyMs ?? 0, c.usualLatencyMs ?? 0]),
          },
        ],
        params: { runtime },
      };
    });
  },
});
