// Check: the node does not forward packets although pods behind a bridge or routed device need it.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const ipForwardOff = defineCheck({
  id: "ip-forward-off",
  title: t("IP forwarding switched off", "IP 转发被关闭"),
  area: "network",
  severity: "critical",
  needs: ["podNetwork"],
  raiseAfterMs: 5_000,
  clearAfterMs: 5_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["IPForwardingDisabled", "net.ipv4.ip_forward"],
  suggestion: t(
    "Turn it on, then find what turned it off: a hardening tool or a sysctl file loaded late will do it again.",
    "重新打开，并查明是谁关闭的：安全加固工具或较晚加载的 sysctl 文件还会再次关闭它。",
  ),
  repairs: ["turn-on-ip-forward"],
  evaluate: ({ facts: { podNetwork } }) => {
    if (podNetwork.ipForward === null) return { unknown: "net.ipv4.ip_forward cannot be read" };
    const behind = podNetwork.links.length;
    if (podNetwork.ipForward !== 0 || behind === 0) return [];
    return [
      {
        subject: "net.ipv4.ip_forward",
        reason: "ForwardingDisabled",
        message: t(
          `net.ipv4.ip_forward is 0: ${behind} running pods reach nothing beyond this node.`,
          `net.ipv4.ip_forward 为 0：${behind} 个运行中的 Pod 无法访问本节点以外的网络。`,
        ),
        evidence: [
          { label: t("Setting", "内核参数"), source: "podNetwork", kind: "text", value: "net.ipv4.ip_forward = 0" },
        ],
        params: { key: "net.ipv4.ip_forward", value: podNetwork.ipForward },
        causeKey: "config:net.ipv4.ip_forward",
      },
    ];
  },
});
