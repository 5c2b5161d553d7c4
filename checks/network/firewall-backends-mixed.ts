// Check: programs write pods' rules into both packet filters, legacy and nft; each sees half of them.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

/** Programs whose rules pods depend on. */
const RELEVANT = new Set([
  "kube-proxy",
  "kube-router",
  "cni",
  "docker",
  "calico",
  "cilium",
  "flannel",
  "weave",
  "aws-cni",
  "terway",
  "podman",
  "pouch",
]);

export const firewallBackendsMixed = defineCheck({
  id: "firewall-backends-mixed",
  title: t("Two packet filters in use", "iptables 两种后端混用"),
  area: "network",
  severity: "warning",
  needs: ["firewall"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 180_000,
  thresholds: {},
  aliases: ["IPTablesVersionsMismatch"],
  suggestion: t(
    "Choose one: update-alternatives --set iptables for the host, and images of kube-proxy and CNI that detect it. Then restart them and flush the other one.",
    "统一使用一种：主机用 update-alternatives --set iptables 选择，kube-proxy 与 CNI 使用能自动识别的镜像；随后重启它们并清空另一种。",
  ),
  repairs: [],
  evaluate: ({ facts: { firewall } }) => {
    if (firewall.legacyRules === null && firewall.nftRules === null) return [];
    const legacy = firewall.legacyOwners.filter((owner) => RELEVANT.has(owner));
    const nft = firewall.nftOwners.filter((owner) => RELEVANT.has(owner));
    if (legacy.length === 0 || nft.length === 0) return [];
    return [
      {
        subject: "iptables",
        reason: "BothBackends",
        message: t(
          `legacy holds rules of ${legacy.join(", ")}, nft those of ${nft.join(", ")}: which one a packet meets first nobody planned.`,
          `legacy 中有 ${legacy.join("、")} 的规则，nft 中有 ${nft.join("、")} 的规则：报文先经过哪一个并无人规划。`,
        ),
        evidence: [
          {
            label: t("Rules and whose they are", "规则及其归属"),
            source: "firewall",
            kind: "table",
            columns: ["backend", "rules", "programs"],
            rows: [
              ["legacy", firewall.legacyRules ?? 0, firewall.legacyOwners.join(" ")],
              ["nft", firewall.nftRules ?? 0, firewall.nftOwners.join(" ")],
            ],
          },
        ],
        params: { legacy, nft },
      },
    ];
  },
});
