// Check: an engine's own network (CNM) is still on the node although the engine is gone, as after a move to CNI.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const cnmLeftovers = defineCheck({
  id: "cnm-leftovers",
  title: t("Left-overs of an old container network", "旧容器网络残留"),
  area: "network",
  severity: "info",
  needs: ["podNetwork"],
  raiseAfterMs: 40_000,
  clearAfterMs: 20_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "Remove bridge and chains once nothing hangs on them: old ranges may cover new pods, old rules may masquerade their traffic.",
    "确认无人使用后移除网桥与规则链：旧网段可能与新 Pod 重叠，旧规则可能改写其流量。",
  ),
  repairs: [],
  evaluate: ({ facts: { podNetwork } }) => {
    // A database on disk alone changes no packet.
    const engines = [...new Set(podNetwork.leftovers.filter((l) => l.kind !== "file").map((l) => l.engine))];
    return engines.map((engine) => {
      const pieces = podNetwork.leftovers.filter((l) => l.engine === engine);
      return {
        subject: engine,
        reason: "EngineGone",
        message: t(
          `${engine} is gone, its network is still here: ${pieces.map((p) => p.name).join(", ")}.`,
          `${engine} 已不在节点上，但其网络仍有残留：${pieces.map((p) => p.name).join("、")}。`,
        ),
        evidence: [
          {
            label: t("What is left", "残留内容"),
            source: "podNetwork" as const,
            kind: "table" as const,
            columns: ["kind", "name", "used"],
            rows: pieces.map((p) => [p.kind, p.name, p.isUsed ? "yes" : "no"]),
          },
        ],
        params: { engine },
      };
    });
  },
});
