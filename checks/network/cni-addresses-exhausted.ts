// Check: the node's range of pod addresses is almost used up by pods that are there: the next ones stay in ContainerCreating.
import { defineCheck } from "../define.ts";
import { percent, t } from "../text.ts";

export const cniAddressesExhausted = defineCheck({
  id: "cni-addresses-exhausted",
  title: t("Pod addresses almost used up", "Pod 地址即将耗尽"),
  area: "network",
  severity: "warning",
  needs: ["podNetwork"],
  dependsOn: ["cni-leases-leaked"],
  raiseAfterMs: 20_000,
  clearAfterMs: 20_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.9, clearRatio: 0.8, criticalRatio: 0.98, addressesMin: 8 },
  aliases: ["InsufficientFreeAddressesInSubnet", "CNIOutOfAddresses", "IPAddressExhausted"],
  suggestion: t(
    "Give the node a larger range, or fewer pods. It is a matter of the cluster's plan, not of this node.",
    "为节点分配更大的地址段，或减少 Pod 数量。这是集群规划问题，而非节点故障。",
  ),
  repairs: [],
  evaluate: ({ facts: { podNetwork }, thresholds, open }) =>
    podNetwork.ranges.flatMap(({ network, total, used, unlisted }) => {
      if (total < thresholds.addressesMin) return [];
      const inUse = used - unlisted;
      const ratio = inUse / total;
      if (ratio < (open.has(network) ? thresholds.clearRatio : thresholds.raiseRatio)) return [];
      return [
        {
          subject: network,
          reason: "RangeAlmostUsed",
          severity: ratio >= thresholds.criticalRatio ? ("critical" as const) : ("warning" as const),
          message: t(
            `${inUse} of ${total} addresses of ${network} are used by pods (${percent(ratio)}).`,
            `${network} 的地址已被 Pod 使用 ${inUse} / ${total}（${percent(ratio)}）。`,
          ),
          evidence: [
            {
              label: t("Used", "使用率"),
              source: "podNetwork" as const,
              kind: "number" as const,
              value: ratio,
              unit: "ratio" as const,
              threshold: thresholds.raiseRatio,
            },
          ],
          params: { network },
        },
      ];
    }),
});
