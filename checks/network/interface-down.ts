// Check: a card that has an address, or carries the default route, is switched off or has no carrier.
import { defineCheck } from "../define.ts";
import { lostNics } from "../nic-names.ts";
import { t } from "../text.ts";

const isGlobal = (address: string): boolean => !/^(fe80:|127\.|169\.254\.|::1)/i.test(address);

export const interfaceDown = defineCheck({
  id: "interface-down",
  title: t("Network card down", "网卡不可用"),
  area: "network",
  severity: "critical",
  needs: ["network"],
  // A link that is renegotiated is back within seconds.
  raiseAfterMs: 20_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["InterfaceNotUp", "InterfaceNotRunning"],
  suggestion: t(
    "Switched off: set it up again. Without carrier: cable, switch port or the hypervisor's side; drain the node if it is its only card.",
    "若被关闭则重新启用；若无载波，请检查线缆、交换机端口或虚拟化侧；若是唯一网卡请先排空节点。",
  ),
  repairs: ["set-link-up"],
  evaluate: ({ facts: { network } }) => {
    // A card under a wrong name is that check's to tell.
    const lost = new Set(lostNics(network).map(({ nic }) => nic.name));
    const routed = new Set(network.defaultRoutes.map((route) => route.device));
    return network.interfaces.flatMap((nic) => {
      const isUsed = nic.addresses.some(isGlobal) || routed.has(nic.name);
      if (nic.kind !== "ether" || !isUsed || lost.has(nic.name)) return [];
      if (nic.up && nic.carrier !== false) return [];
      const reason = nic.up ? "NoCarrier" : "AdministrativelyDown";
      return [
        {
          subject: nic.name,
          reason,
          message: nic.up
            ? t(`Card ${nic.name} has no carrier.`, `网卡 ${nic.name} 无载波。`)
            : t(`Card ${nic.name} is switched off.`, `网卡 ${nic.name} 已被关闭。`),
          evidence: [
            {
              label: t("The card", "网卡"),
              source: "network" as const,
              kind: "table" as const,
              columns: ["name", "MAC", "up", "carrier", "addresses"],
              rows: [
                [nic.name, nic.mac ?? "–", nic.up ? "yes" : "no", nic.carrier ? "yes" : "no", nic.addresses.join(" ")],
              ],
            },
          ],
          params: { name: nic.name, index: nic.index },
        },
      ];
    });
  },
});
