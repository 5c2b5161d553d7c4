// Check: the node had a default route and has none now.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const defaultRouteMissing = defineCheck({
  id: "default-route-missing",
  title: t("Default route gone", "默认路由丢失"),
  area: "network",
  severity: "critical",
  needs: ["podNetwork"],
  dependsOn: ["interface-down"],
  raiseAfterMs: 15_000,
  clearAfterMs: 5_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["MissingDefaultRoutes", "MissingDefaultRoute"],
  suggestion: t(
    "Put the route back (ip route add default via …), then see which network manager took it: a DHCP lease that ran out, or a restart of its service.",
    "恢复路由（ip route add default via …），并查明是哪个网络管理程序移除的：DHCP 租约过期或服务重启。",
  ),
  repairs: [],
  evaluate: ({ facts: { podNetwork } }) => {
    const [lost] = podNetwork.lostDefaultRoutes;
    if (!lost) return [];
    return [
      {
        subject: "default",
        reason: "RouteGone",
        message: t(
          `The default route via ${lost.via ?? "–"} on ${lost.device} is gone, and there is no other.`,
          `经 ${lost.via ?? "–"}（${lost.device}）的默认路由已丢失，且没有其他默认路由。`,
        ),
        evidence: [
          {
            label: t("It was", "原路由"),
            source: "podNetwork",
            kind: "table",
            columns: ["device", "via"],
            rows: podNetwork.lostDefaultRoutes.map((r) => [r.device, r.via ?? "–"]),
          },
        ],
        params: { device: lost.device, via: lost.via },
      },
    ];
  },
});
