// Check: the node does not forward packets although pods behind a bridge or routed device need it.
import type { FactData } from "../../protocol/facts.ts";
import { defineCheck, type Problem } from "../define.ts";
import { t } from "../text.ts";

type PodNetwork = FactData["podNetwork"];
type Link = PodNetwork["links"][number];

const FAMILIES = [
  { family: "inet", key: "net.ipv4.ip_forward", readIn: (facts: PodNetwork) => facts.ipForward },
  { family: "inet6", key: "net.ipv6.conf.all.forwarding", readIn: (facts: PodNetwork) => facts.ipv6Forward },
] as const;

/** Of the address that the pod is reached by; a pod with both is told with its IPv4. */
const familyOf = ({ address }: Link): "inet" | "inet6" | null =>
  address === null ? null : address.includes(":") ? "inet6" : "inet";

/** The node routes for it: it has a routed device, or its bridge bears an address as its gateway. A bridge without one only switches. */
const isRouted = ({ master }: Link, { bridges }: PodNetwork): boolean =>
  master === null ||
  (bridges.find((bridge) => bridge.name === master)?.addresses.some((a) => !a.startsWith("fe80:")) ?? true);

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
  evaluate: ({ facts: { podNetwork }, all }) => {
    if (podNetwork.ipForward === null) return { unknown: "net.ipv4.ip_forward cannot be read" };
    const routes = all.network?.data?.defaultRoutes ?? null;
    return FAMILIES.flatMap(({ family, key, readIn }) => {
      const value = readIn(podNetwork);
      // Where the node itself has no way out, its pods are meant to stay inside.
      const hasWayOut = routes === null || routes.some((route) => route.family === family);
      const behind = podNetwork.links.filter((link) => isRouted(link, podNetwork) && familyOf(link) === family).length;
      return value === 0 && behind > 0 && hasWayOut ? [problem(key, behind)] : [];
    });
  },
});

function problem(key: string, behind: number): Problem {
  return {
    subject: key,
    reason: key.includes("ipv6") ? "Ipv6ForwardingDisabled" : "ForwardingDisabled",
    message: t(
      `${key} is 0: ${behind} running pods reach nothing beyond this node.`,
      `${key} 为 0：${behind} 个运行中的 Pod 无法访问本节点以外的网络。`,
    ),
    evidence: [{ label: t("Setting", "内核参数"), source: "podNetwork", kind: "text", value: `${key} = 0` }],
    params: { key, value: 0 },
    causeKey: `config:${key}`,
  };
}
