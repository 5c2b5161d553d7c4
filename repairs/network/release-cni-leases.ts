// Repair: give back the addresses of one network that are held by containers which no runtime lists.
import { cniLeasesLeaked } from "../../checks/network/cni-leases-leaked.ts";
import { listedIds } from "../../checks/runtime-state.ts";
import { t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, runtimesAnswer } from "../guards.ts";
import { guard, stillRaised } from "./still.ts";

/** Addresses given back in one go; the rest is found again. */
const LEASES_MAX = 500;

/** Old leases of the finding's network whose container neither the agent's look nor the lists of this moment know. */
function leasesOf(ctx: RepairContext) {
  const containers = ctx.facts.containers?.data;
  const pods = ctx.facts.pods?.data;
  if (!containers || !pods) return [];
  const listed = listedIds(containers, pods);
  return (ctx.facts.podNetwork?.data?.unlisted ?? [])
    .filter((l) => l.network === ctx.finding.subject && l.isSettled && !listed.has(l.containerId))
    .slice(0, LEASES_MAX);
}

export const releaseCniLeases = defineRepair({
  id: "release-cni-leases",
  title: t("Give leaked pod addresses back", "回收泄漏的 Pod 地址"),
  risk: "safe",
  verifies: ["cni-leases-leaked"],
  settleMs: 2_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const leases = leasesOf(ctx);
    return [
      factsFresh(ctx, ["podNetwork", "containers", "pods", "runtimes"]),
      stillRaised(ctx, cniLeasesLeaked),
      runtimesAnswer(ctx),
      guard(
        "nobody-has-them",
        "No runtime lists a container that holds them, each is older than a minute",
        "没有运行时列出占用者，且每条记录均超过一分钟",
        leases.length > 0,
        `${leases.length} addresses: ${
          leases
            .slice(0, 10)
            .map((l) => l.address)
            .join(", ") || "none"
        }`,
      ),
    ];
  },
  plan: (ctx) => {
    const leases = leasesOf(ctx).map(({ address, containerId }) => ({ address, containerId }));
    if (leases.length === 0) return { nothing: t("No address is held in vain any more.", "已没有被无效占用的地址。") };
    const network = ctx.finding.subject;
    return {
      evidence: { sections: ["cni", "network", "containers"] },
      steps: [
        {
          title: t(`Give ${leases.length} addresses of ${network} back`, `回收 ${network} 的 ${leases.length} 个地址`),
          action: { type: "cni.release", params: { network, leases } },
        },
      ],
      touches: t(
        "Removes exactly these lease files, each after one more proof on the node. No pod, no rule, no device.",
        "仅删除列出的租约文件，删除前在节点上再次核实；不触碰任何 Pod、规则或设备。",
      ),
    };
  },
});
