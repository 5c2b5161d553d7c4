// Check: the machine's neighbour table nears its hard limit; beyond it new peers on the local network cannot be reached.
import { defineCheck } from "../define.ts";
import { percent, t } from "../text.ts";

export const neighbourTableFull = defineCheck({
  id: "neighbour-table-full",
  title: t("Neighbour table almost full", "邻居表即将占满"),
  area: "network",
  severity: "warning",
  needs: ["netstack"],
  raiseAfterMs: 20_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.9, clearRatio: 0.8 },
  aliases: ["NodeArpTableFull", "neighbour: arp_cache: neighbor table overflow!"],
  suggestion: t(
    "Raise gc_thresh3 (and 2 and 1 with it); on large flat networks keep several times the number of nodes and pods that a node talks to.",
    "提高 gc_thresh3（并相应提高 2 和 1）；在大型扁平网络中应为通信对端数量的数倍。",
  ),
  repairs: ["raise-neighbour-table"],
  evaluate: ({ facts: { netstack }, thresholds, open }) => {
    const table = netstack.neighbours;
    // Only the first network namespace has the limit: elsewhere there is nothing to judge.
    if (table === null || table.max === 0) return [];
    const ratio = table.count / table.max;
    if (ratio < (open.has("neighbours") ? thresholds.clearRatio : thresholds.raiseRatio)) return [];
    return [
      {
        subject: "neighbours",
        reason: "TableAlmostFull",
        message: t(
          `${table.count} of ${table.max} neighbour entries are used (${percent(ratio)}).`,
          `邻居表已使用 ${table.count} / ${table.max}（${percent(ratio)}）。`,
        ),
        evidence: [
          {
            label: t("Used", "使用率"),
            source: "netstack",
            kind: "number",
            value: ratio,
            unit: "ratio",
            threshold: thresholds.raiseRatio,
          },
        ],
        params: { count: table.count, max: table.max },
      },
    ];
  },
});
