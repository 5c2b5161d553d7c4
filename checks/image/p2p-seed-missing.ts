// Check: none of the peer-to-peer network's seeds answers: every node of the site pulls from the centre.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const p2pSeedMissing = defineCheck({
  id: "p2p-seed-missing",
  title: t("Peer-to-peer seed away", "P2P 种子节点不可用"),
  area: "image",
  severity: "warning",
  needs: ["distribution"],
  raiseAfterMs: 20_000,
  clearAfterMs: 20_000,
  factTtlMs: 120_000,
  thresholds: { failuresMin: 3 },
  suggestion: t(
    "Bring the seed of the site back or fail over to the next one; pre-warm it before large releases. Nothing is wrong with the nodes.",
    "恢复该站点的种子节点或切换到下一个；大规模发布前先预热。节点本身没有问题。",
  ),
  repairs: [],
  evaluate: ({ facts: { distribution }, thresholds }) => {
    const seeds = distribution.p2p?.seeds ?? [];
    const away = seeds.filter((seed) => seed.ok === false && seed.failures >= thresholds.failuresMin);
    if (seeds.length === 0 || away.length < seeds.length) return [];
    const first = away[0]?.address ?? "seed";
    return [
      {
        subject: first,
        reason: "SeedUnreachable",
        message: t(
          `None of ${seeds.length} seeds answers (${away.map((s) => `${s.address}: ${s.error}`).join(", ")}).`,
          `${seeds.length} 个种子节点均无应答（${away.map((s) => `${s.address}：${s.error}`).join("、")}）。`,
        ),
        evidence: [
          {
            label: t("Seeds", "种子节点"),
            source: "distribution",
            kind: "table",
            columns: ["address", "error", "failures"],
            rows: away.map((s) => [s.address, s.error ?? "–", s.failures]),
          },
        ],
        params: { seeds: away.map((s) => s.address) },
        causeKey: `p2p:${first}`,
      },
    ];
  },
});
