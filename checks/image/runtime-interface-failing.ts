// Check: calls of the runtime fail that usually succeed on this node.
import { defineCheck } from "../define.ts";
import { percent, t } from "../text.ts";
import { comparable } from "./runtime-calls.ts";

export const runtimeInterfaceFailing = defineCheck({
  id: "runtime-interface-failing",
  title: t("Runtime calls fail", "运行时接口成功率下降"),
  area: "runtime",
  severity: "warning",
  needs: ["startup"],
  dependsOn: ["runtime-down", "runtime-hung"],
  raiseAfterMs: 40_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { successRatio: 0.9, usualRatio: 0.95 },
  aliases: ["KubeletRuntimeOperationsErrors"],
  suggestion: t(
    "Read the runtime's log for that call; full disk, exhausted addresses and a broken plugin are the usual reasons. If it began with a change, halt the change.",
    "在运行时日志中查看该接口的错误；常见原因是磁盘已满、地址耗尽或插件损坏。若始于某次变更，请暂停该变更。",
  ),
  repairs: [],
  evaluate: ({ facts: { startup }, thresholds }) => {
    const failing = comparable(startup.interfaces).filter(
      ({ successRatio, usualSuccessRatio }) =>
        successRatio < thresholds.successRatio && (usualSuccessRatio ?? 0) >= thresholds.usualRatio,
    );
    return [...new Set(failing.map((call) => call.runtime))].map((runtime) => {
      const calls = failing.filter((call) => call.runtime === runtime);
      return {
        subject: runtime,
        reason: "SuccessFell",
        message: t(
          `${runtime}: ${calls.map((c) => `${c.interface} succeeds in ${percent(c.successRatio)} of ${c.calls} calls`).join("; ")}.`,
          `${runtime}：${calls.map((c) => `${c.interface} 的 ${c.calls} 次调用成功率为 ${percent(c.successRatio)}`).join("；")}。`,
        ),
        evidence: [
          {
            label: t("Calls", "接口"),
            source: "startup" as const,
            kind: "table" as const,
            columns: ["interface", "calls", "success", "usual"],
            rows: calls.map((c) => [c.interface, c.calls, c.successRatio, c.usualSuccessRatio ?? "–"]),
          },
        ],
        params: { runtime },
      };
    });
  },
});
