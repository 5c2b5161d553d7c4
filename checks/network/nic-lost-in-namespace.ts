// Check: a running pod wants a card (an ENI) that is not in its namespace: it lies in somebody else's, or nowhere on the node.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";
import { BY_RUNTIME } from "./leaked-spaces.ts";

const where = {
  host: t("still on the node", "留在节点上"),
  container: t("in another container", "处于另一容器中"),
  dead: t("in a namespace without process", "处于无进程的命名空间中"),
} as const;

export const nicLostInNamespace = defineCheck({
  id: "nic-lost-in-namespace",
  title: t("Pod's network card is not with it", "Pod 的网卡不在其命名空间中"),
  area: "network",
  severity: "critical",
  needs: ["cards"],
  dependsOn: ["netns-leaked", "nic-name-collision"],
  raiseAfterMs: 40_000,
  clearAfterMs: 10_000,
  factTtlMs: 180_000,
  thresholds: {},
  suggestion: t(
    "Find the card by its MAC, give it a free name, move it to the node and start the pod again. In the long run: names by MAC or slot, never by order.",
    "按 MAC 找到网卡，换一个空闲名称并移回节点，再重新启动 Pod。长期措施：按 MAC 或插槽命名，不要按出现顺序命名。",
  ),
  repairs: [],
  evaluate: ({ facts: { cards } }) =>
    cards.expected
      .filter((card) => card.isWantedNow && card.isInPlace === false)
      .flatMap(({ mac, wantedBy, source }) => {
        const found = cards.cards.find((card) => card.mac === mac);
        // In a pod's namespace without process: the leaked namespace is what to repair.
        if (found?.place === "dead" && BY_RUNTIME.test(found.holder ?? "")) return [];
        return [
          {
            subject: mac,
            reason: found ? "CardElsewhere" : "CardNowhere",
            message: found
              ? t(
                  `Card ${mac} is meant for ${wantedBy} (${source}), but is ${where[found.place].en} as ${found.name}.`,
                  `网卡 ${mac} 应归 ${wantedBy}（${source}），但现以 ${found.name} 之名${where[found.place].zh}。`,
                )
              : t(
                  `Card ${mac} is meant for ${wantedBy} (${source}), but is nowhere on this node.`,
                  `网卡 ${mac} 应归 ${wantedBy}（${source}），但在本节点上找不到。`,
                ),
            evidence: [
              {
                label: t("The card", "网卡"),
                source: "cards" as const,
                kind: "table" as const,
                columns: ["MAC", "name", "where", "holder", "wanted by"],
                rows: [[mac, found?.name ?? "–", found?.place ?? "nowhere", found?.holder ?? "–", wantedBy]],
              },
            ],
            params: { mac, wantedBy },
          },
        ];
      }),
});
