// Repair: unpin network namespaces in which nobody lives and that no listed pod has.
import { cardsIn, isLeaked, recordedMacs } from "../../checks/network/leaked-spaces.ts";
import { netnsLeaked } from "../../checks/network/netns-leaked.ts";
import { t } from "../../checks/text.ts";
import { NetnsName } from "../../protocol/commands.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, runtimesAnswer } from "../guards.ts";
import { guard, stillRaised } from "./still.ts";

const NAMES_MAX = 200;

/** Those whose name a runtime has given: what people have named is theirs to remove, the command takes no such name. */
const leakedOf = (ctx: RepairContext) =>
  (ctx.facts.podNetwork?.data?.namespaces ?? [])
    .filter((space) => isLeaked(space) && NetnsName.safeParse(space.name).success)
    .slice(0, NAMES_MAX);

export const removeLeakedNetns = defineRepair({
  id: "remove-leaked-netns",
  title: t("Remove leaked network namespaces", "清理泄漏的网络命名空间"),
  risk: "safe",
  verifies: ["netns-leaked"],
  settleMs: 3_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const leaked = leakedOf(ctx);
    const recorded = recordedMacs(ctx.facts);
    // The kernel gives cards back to the node; a card made by software (veth, dummy) ends with the namespace.
    const lost = leaked.flatMap((s) => cardsIn(s, recorded).filter((d) => d.kind !== "ether"));
    return [
      factsFresh(ctx, ["podNetwork", "pods", "runtimes"]),
      stillRaised(ctx, netnsLeaked),
      runtimesAnswer(ctx),
      guard(
        "nobody-lives-there",
        "No process lives in them and no listed pod has them",
        "其中没有进程，也不属于任何已列出的 Pod",
        leaked.length > 0,
        `${leaked.length} namespaces: ${
          leaked
            .slice(0, 10)
            .map((s) => s.name)
            .join(", ") || "none"
        }`,
      ),
      guard(
        "cards-come-back",
        "Cards in them go back to the node by themselves",
        "其中的网卡会自动回到节点",
        lost.length === 0,
        lost.length > 0
          ? `would be destroyed: ${lost.map((d) => `${d.name} ${d.mac} (${d.kind})`).join(", ")}; move it out first`
          : "none would be lost",
      ),
    ];
  },
  plan: (ctx) => {
    const names = leakedOf(ctx).map((space) => space.name);
    if (names.length === 0) return { nothing: t("No namespace is left over any more.", "已没有遗留的命名空间。") };
    return {
      evidence: { sections: ["network", "containers"] },
      steps: [
        {
          title: t(`Unpin ${names.length} network namespaces`, `解除 ${names.length} 个网络命名空间的挂载`),
          action: { type: "netns.remove", params: { names } },
        },
      ],
      touches: t(
        "Unpins exactly these namespaces; what lies in them (veth pairs) ends, cards go back to the node. No process, no pod.",
        "仅解除列出的命名空间；其中的 veth 会消失，网卡回到节点；不影响任何进程或 Pod。",
      ),
    };
  },
});
