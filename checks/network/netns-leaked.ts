// Check: network namespaces are still pinned although their pods are gone; each holds memory, a veth pair, perhaps a card that somebody wants.
import { defineCheck } from "../define.ts";
import { shortId, t } from "../text.ts";
import { cardsIn, isLeaked, NETNS_FOLDER, recordedMacs } from "./leaked-spaces.ts";

export const netnsLeaked = defineCheck({
  id: "netns-leaked",
  title: t("Network namespaces leaked", "网络命名空间泄漏"),
  area: "network",
  severity: "warning",
  needs: ["podNetwork"],
  dependsOn: ["runtime-down", "runtime-hung"],
  // A namespace counts only once it is a minute old.
  raiseAfterMs: 10_000,
  clearAfterMs: 5_000,
  factTtlMs: 120_000,
  thresholds: { raiseCount: 3, clearCount: 1 },
  suggestion: t(
    "Unpin them: the kernel frees what is in them, and cards go back to the node. Then look why the runtime did not.",
    "解除这些命名空间的挂载：内核会释放其中的资源，网卡回到节点。随后查明运行时为何没有清理。",
  ),
  repairs: ["remove-leaked-netns"],
  evaluate: ({ facts: { podNetwork }, all, thresholds, open }) => {
    const recorded = recordedMacs(all);
    const spaces = podNetwork.namespaces;
    if (spaces.some((s) => s.folder === NETNS_FOLDER && s.processes === 0 && s.isListed === null))
      return { unknown: "a runtime could not be asked for its pods" };
    const leaked = spaces.filter(isLeaked);
    const withCard = leaked.filter((space) => cardsIn(space, recorded).length > 0);
    const least = open.has(NETNS_FOLDER) ? thresholds.clearCount : thresholds.raiseCount;
    if (leaked.length < least && withCard.length === 0) return [];
    const cards = withCard.flatMap((space) => cardsIn(space, recorded).map((card) => `${card.name} (${card.mac})`));
    return [
      {
        subject: NETNS_FOLDER,
        reason: withCard.length > 0 ? "NamespaceHoldsCard" : "NamespacesWithoutPod",
        message: t(
          `${leaked.length} pinned network namespaces have no process and no pod${cards.length > 0 ? `; they hold ${cards.slice(0, 5).join(", ")}` : ""}.`,
          `${leaked.length} 个网络命名空间既无进程也无 Pod${cards.length > 0 ? `，其中仍有网卡 ${cards.slice(0, 5).join("、")}` : ""}。`,
        ),
        evidence: [
          {
            label: t("Namespaces", "命名空间"),
            source: "podNetwork",
            kind: "table",
            columns: ["name", "was of", "devices"],
            rows: leaked
              .slice(0, 20)
              .map((s) => [
                s.name,
                s.owner ? shortId(s.owner) : "–",
                s.devices?.map((d) => `${d.name}${d.mac ? ` ${d.mac}` : ""}`).join(", ") ?? "not looked at",
              ]),
          },
        ],
        params: { names: leaked.map((space) => space.name).slice(0, 200) },
      },
    ];
  },
});
