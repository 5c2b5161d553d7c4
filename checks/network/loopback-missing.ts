// Check: the node's network namespace has no loopback device; everything that talks to 127.0.0.1 fails.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const loopbackMissing = defineCheck({
  id: "loopback-missing",
  title: t("No loopback device", "回环设备不可用"),
  area: "network",
  severity: "critical",
  needs: ["network"],
  raiseAfterMs: 10_000,
  clearAfterMs: 5_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["MissingLoopbackInterface"],
  suggestion: t(
    "Set lo up with its address; where it does not exist at all, restart the node.",
    "启用 lo 并恢复其地址；若设备不存在，请重启节点。",
  ),
  repairs: ["set-link-up"],
  evaluate: ({ facts: { network } }) => {
    if (network.interfaces.length === 0) return { unknown: "no interface was seen" };
    const lo = network.interfaces.find((nic) => nic.name === "lo" || nic.kind === "loopback");
    if (lo?.up) return [];
    return [
      {
        subject: "lo",
        reason: lo ? "LoopbackDown" : "LoopbackMissing",
        message: lo
          ? t("The loopback device lo is down.", "回环设备 lo 已被关闭。")
          : t("There is no loopback device.", "没有回环设备。"),
        evidence: [
          {
            label: t("Interfaces", "网络接口"),
            source: "network",
            kind: "text",
            value: network.interfaces
              .map((nic) => nic.name)
              .slice(0, 20)
              .join(" "),
          },
        ],
        params: lo ? { name: lo.name, index: lo.index } : {},
      },
    ];
  },
});
