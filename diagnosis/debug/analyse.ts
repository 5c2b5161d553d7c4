// A debug report → what is abnormal in it, worst first. Pure; asked by the console when a report is opened, and by the command line.
import type { DebugReport } from "../../protocol/debug.ts";
import { type Abnormal, type Rule, t } from "./define.ts";
import { cgroupRule, processRule, tablesRule } from "./resources.ts";
import { runtimeRule, shimRule, stateRule } from "./runtime.ts";
import { deletedRule, dnsRule, kernelRule, mountRule, networkRule, viewsRule } from "./surroundings.ts";

/** In the order of their weight where severities are equal: what explains the others stands before them. */
const rules: readonly Rule[] = [
  runtimeRule,
  shimRule,
  viewsRule,
  mountRule,
  stateRule,
  cgroupRule,
  processRule,
  networkRule,
  tablesRule,
  dnsRule,
  deletedRule,
  kernelRule,
];

const rank = { critical: 0, warning: 1, info: 2 } as const;

/** Parts that took their whole time and brought nothing: that is a sign of its own. */
function unread(report: DebugReport): Abnormal[] {
  const late = Object.entries(report).flatMap(([name, value]) =>
    typeof value === "object" && value !== null && "error" in value && /no answer within/.test(value.error ?? "")
      ? [`${name}: ${value.error}`]
      : [],
  );
  if (late.length === 0) return [];
  const title = t(
    `${late.length} part of this report did not come in time.`,
    `报告中有 ${late.length} 个部分未能按时取得。`,
  );
  return [{ rule: "unread", severity: "info", title, evidence: late, cause: null, side: "either" }];
}

/** Worst first; among equals what explains the others. Empty when nothing is abnormal. */
export function analyse(report: DebugReport): Abnormal[] {
  const found = [...rules.flatMap((rule) => rule(report)), ...unread(report)];
  return found.sort((a, b) => rank[a.severity] - rank[b.severity]); // stable
}
