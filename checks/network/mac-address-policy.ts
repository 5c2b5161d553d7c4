// Check: systemd-udevd gives virtual devices MACs of its own, against a CNI that has written the MACs it made into other nodes' tables.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

/** Plugins that depend on the MAC they gave a device. */
const SENSITIVE = new Set(["flannel", "aws-cni", "terway", "vpc-bridge"]);

export const macAddressPolicy = defineCheck({
  id: "mac-address-policy",
  title: t("udev changes MACs of pod devices", "udev 改写 Pod 设备的 MAC"),
  area: "network",
  severity: "info",
  needs: ["cards", "cni"],
  raiseAfterMs: 40_000,
  clearAfterMs: 20_000,
  factTtlMs: 180_000,
  thresholds: {},
  aliases: ["MACAddressPolicyMisconfigured"],
  suggestion: t(
    "Put a .link file for veth and tunnel devices with MACAddressPolicy=none before the distribution's. It counts for new devices only.",
    "在发行版默认文件之前放置一个针对 veth 与隧道设备的 .link 文件，设置 MACAddressPolicy=none；仅对新建设备生效。",
  ),
  repairs: [],
  evaluate: ({ facts: { cards, cni } }) => {
    const policy = cards.macAddressPolicy;
    const plugins = [...new Set(cni.files.flatMap((file) => file.plugins))].filter((plugin) => SENSITIVE.has(plugin));
    if (policy === null || policy === "none" || plugins.length === 0) return [];
    return [
      {
        subject: "udev",
        reason: "PolicyNotNone",
        message: t(
          `MACAddressPolicy is ${policy} (${cards.macPolicyFile ?? "built in"}); ${plugins.join(", ")} needs none for its devices.`,
          `MACAddressPolicy 为 ${policy}（${cards.macPolicyFile ?? "内置"}）；${plugins.join("、")} 的设备需要 none。`,
        ),
        evidence: [
          {
            label: t("File and policy", "文件与策略"),
            source: "cards",
            kind: "text",
            value: `${cards.macPolicyFile ?? "–"}: ${policy}`,
          },
        ],
        params: { policy, file: cards.macPolicyFile },
        causeKey: `config:${cards.macPolicyFile ?? "udev"}`,
      },
    ];
  },
});
