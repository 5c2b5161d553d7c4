// Check: the CNI's address file still holds addresses of containers that no runtime lists; one day the range is empty.
import { defineCheck } from "../define.ts";
import { percent, shortId, t } from "../text.ts";

export const cniLeasesLeaked = defineCheck({
  id: "cni-leases-leaked",
  title: t("Pod addresses leaked", "Pod 地址泄漏"),
  area: "network",
  severity: "warning",
  needs: ["podNetwork"],
  dependsOn: ["runtime-down", "runtime-hung"],
  // A lease counts only once it is a minute old; two looks rule out a pod that is just being removed.
  raiseAfterMs: 10_000,
  clearAfterMs: 5_000,
  factTtlMs: 120_000,
  thresholds: { raiseCount: 3, clearCount: 1, raiseRatio: 0.2 },
  aliases: ["FailedToAllocateIP", "IPAMLeak"],
  suggestion: t(
    "Give the addresses back: no listed container has them. Then find what removed pods without asking the CNI (a killed runtime, rm of its state, a reboot in the middle).",
    "回收这些地址：没有任何已列出的容器在使用它们。然后查明是谁绕过 CNI 删除了 Pod（运行时被强制终止、状态目录被清除、中途重启）。",
  ),
  repairs: ["release-cni-leases"],
  evaluate: ({ facts: { podNetwork }, thresholds, open }) => {
    if (podNetwork.ranges.every((range) => range.used === 0)) return [];
    if (!podNetwork.unlistedKnown) return { unknown: "a runtime could not be asked for its containers" };
    return podNetwork.ranges.flatMap(({ network, total, used }) => {
      const leaked = podNetwork.unlisted.filter((lease) => lease.network === network && lease.isSettled);
      const ratio = total > 0 ? leaked.length / total : 0;
      const least = open.has(network) ? thresholds.clearCount : thresholds.raiseCount;
      if (leaked.length < least && (leaked.length === 0 || ratio < thresholds.raiseRatio)) return [];
      return [
        {
          subject: network,
          reason: "LeasesWithoutContainer",
          message: t(
            `${leaked.length} addresses of network ${network} are held by containers that no runtime lists (${used} of ${total || "?"} are held in all).`,
            `网络 ${network} 中有 ${leaked.length} 个地址被运行时未列出的容器占用（共占用 ${used} / ${total || "?"}）。`,
          ),
          evidence: [
            {
              label: t("Addresses and who holds them", "地址与占用者"),
              source: "podNetwork" as const,
              kind: "table" as const,
              columns: ["address", "container"],
              rows: leaked.slice(0, 20).map(({ address, containerId }) => [address, shortId(containerId)]),
            },
            {
              label: t("Share of the range", "占地址段的比例"),
              source: "podNetwork" as const,
              kind: "text" as const,
              value: total > 0 ? percent(ratio) : "–",
            },
          ],
          params: { network },
        },
      ];
    });
  },
});
