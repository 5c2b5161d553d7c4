// Check: the node's routes take a pod's address to another device than the one that leads to the pod.
import { defineCheck } from "../define.ts";
import { shortId, t } from "../text.ts";
import { homeBridge, isSound, type Link, type PodNetwork } from "./pod-paths.ts";

/** Routed pods (one route each) that must agree before one that differs is called wrong. */
const LIKE_IT_MIN = 2;

/** Device that must be on the way to the pod, null when nobody can say. */
function wayTo(link: Link, { bridges, links }: PodNetwork): string | null {
  if (link.device === null || !isSound(link, { bridges, links })) return null;
  if (link.master !== null) return homeBridge(link, bridges)?.name === link.master ? link.master : null;
  const routed = links.filter((l) => l.podId !== link.podId && l.device !== null && l.routeDevice === l.device);
  return routed.length >= LIKE_IT_MIN ? link.device : null;
}

export const podRouteWrong = defineCheck({
  id: "pod-route-wrong",
  title: t("Route to a pod wrong", "到 Pod 的路由错误"),
  area: "network",
  severity: "warning",
  needs: ["podNetwork"],
  dependsOn: ["bridge-down", "pod-link-broken"],
  raiseAfterMs: 25_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["PodRouteMissing"],
  suggestion: t(
    "Let the CNI's daemon write its routes again (restart it); look for a VPN or a static route that covers the pods' range.",
    "重启 CNI 守护进程以重写路由，并检查是否有 VPN 或静态路由覆盖了 Pod 网段。",
  ),
  repairs: [],
  evaluate: ({ facts: { podNetwork } }) =>
    podNetwork.links.flatMap((link) => {
      const way = wayTo(link, podNetwork);
      if (way === null || link.address === null || link.address.includes(":") || link.routeDevice === way) return [];
      return [
        {
          subject: link.podId,
          reason: link.routeDevice === null ? "NoRoute" : "WrongDevice",
          message: t(
            `Packets for pod ${link.podName ?? shortId(link.podId)} (${link.address}) go ${link.routeDevice ? `to ${link.routeDevice}` : "nowhere"}, the pod is at ${way}.`,
            `发往 Pod ${link.podName ?? shortId(link.podId)}（${link.address}）的报文${link.routeDevice ? `被送往 ${link.routeDevice}` : "没有路由"}，而 Pod 位于 ${way}。`,
          ),
          evidence: [
            {
              label: t("Route", "路由"),
              source: "podNetwork" as const,
              kind: "table" as const,
              columns: ["address", "goes to", "pod is at"],
              rows: [[link.address, link.routeDevice ?? "–", way]],
            },
          ],
          params: { address: link.address, device: way },
        },
      ];
    }),
});
