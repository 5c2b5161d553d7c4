// Check: the operation agent of a container is older than the release that this node's configuration names.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";
import { whoOf } from "./evidence.ts";

/** Is version a older than b? Numbers compare as numbers, part by part; what is not a number as text. */
export function isOlder(a: string, b: string): boolean {
  const [left, right] = [a.split(/[.\-+_]/), b.split(/[.\-+_]/)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x, y] = [left[i] ?? "0", right[i] ?? "0"];
    if (x === y) continue;
    const [n, m] = [Number(x), Number(y)];
    return Number.isNaN(n) || Number.isNaN(m) ? x < y : n < m;
  }
  return false;
}

export const opsAgentOutdated = defineCheck({
  id: "ops-agent-outdated",
  title: t("Operation agents outdated", "运维代理版本过旧"),
  area: "workload",
  severity: "info",
  needs: ["workload"],
  raiseAfterMs: 45_000,
  clearAfterMs: 20_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Release the present version through a sidecar or volume, in waves.",
    "通过边车或数据卷分批发布当前版本。",
  ),
  repairs: [],
  evaluate: ({ facts, all }) => {
    const byAgent = new Map<string, typeof facts.workload.opsAgents>();
    for (const item of facts.workload.opsAgents) {
      if (item.version === null || item.wantedVersion === null || !isOlder(item.version, item.wantedVersion)) continue;
      byAgent.set(item.name, [...(byAgent.get(item.name) ?? []), item]);
    }
    return [...byAgent].map(([name, old]) => ({
      subject: name,
      reason: "OpsAgentOutdated",
      message: t(
        `${old.length} container(s) run an older ${name} than ${old[0]?.wantedVersion ?? ""}.`,
        `有 ${old.length} 个容器的 ${name} 低于 ${old[0]?.wantedVersion ?? ""}。`,
      ),
      evidence: [
        tableOf(
          t("Versions", "版本"),
          "workload",
          ["container", "version", "wanted"],
          old.map((item) => [whoOf(all, item.containerId), item.version ?? "–", item.wantedVersion ?? "–"]),
        ),
      ],
      params: { agent: name, containers: old.slice(0, 200).map((item) => item.containerId) },
      causeKey: `package:${name}`,
    }));
  },
});
