// Check: a card (an ENI) was given to this node for a pod that has been gone for ten minutes: it is paid for and used by nobody.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const nicUnclaimed = defineCheck({
  id: "nic-unclaimed",
  title: t("Network card belongs to no pod", "网卡无人使用"),
  area: "network",
  severity: "info",
  needs: ["cards"],
  // The agent says so once nobody has wanted it for ten minutes.
  raiseAfterMs: 10_000,
  clearAfterMs: 10_000,
  factTtlMs: 180_000,
  thresholds: {},
  aliases: ["ENILeak", "ENIUnused"],
  suggestion: t(
    "Detach it or give it back to the pool, after a look that no pod of another node's plan waits for it.",
    "确认没有其他待调度的 Pod 需要它之后，解绑或归还到网卡池。",
  ),
  repairs: [],
  evaluate: ({ facts: { cards } }) =>
    cards.expected
      .filter((card) => card.isAbandoned)
      .map(({ mac, wantedBy, source }) => {
        const found = cards.cards.find((card) => card.mac === mac);
        return {
          subject: mac,
          reason: "OwnerGone",
          message: t(
            `Card ${mac}${found ? ` (${found.name})` : ""} is kept for ${wantedBy}, which has not run here for ten minutes.`,
            `网卡 ${mac}${found ? `（${found.name}）` : ""} 为 ${wantedBy} 保留，但后者已有十分钟未在本节点运行。`,
          ),
          evidence: [
            {
              label: t("Record", "登记来源"),
              source: "cards" as const,
              kind: "text" as const,
              value: `${source}: ${mac} → ${wantedBy}`,
            },
          ],
          params: { mac, wantedBy },
        };
      }),
});
