// Check: many virtual services of this node have no server behind them: kube-proxy fell behind here.
import { defineCheck } from "../define.ts";
import { percent, t } from "../text.ts";

export const ipvsNoBackend = defineCheck({
  id: "ipvs-no-backend",
  title: t("Virtual services without backend", "虚拟服务缺少后端"),
  area: "network",
  severity: "warning",
  needs: ["podNetwork"],
  raiseAfterMs: 40_000,
  clearAfterMs: 20_000,
  factTtlMs: 120_000,
  thresholds: { raiseCount: 3, raiseRatio: 0.3, clearRatio: 0.2 },
  aliases: ["IPVSNoBackend"],
  suggestion: t(
    "Compare with another node (ipvsadm -Ln). If only this one is empty, restart kube-proxy here.",
    "与其他节点对比（ipvsadm -Ln）；若仅本节点为空，请重启本节点的 kube-proxy。",
  ),
  repairs: [],
  evaluate: ({ facts: { podNetwork }, thresholds, open }) => {
    const services = podNetwork.virtualServices;
    // A service without endpoints is somebody's everyday; a third of all at once is not.
    const empty = services.filter(({ backends }) => backends === 0);
    const ratio = services.length > 0 ? empty.length / services.length : 0;
    if (
      empty.length < thresholds.raiseCount ||
      ratio < (open.has("ipvs") ? thresholds.clearRatio : thresholds.raiseRatio)
    )
      return [];
    return [
      {
        subject: "ipvs",
        reason: "ServicesWithoutBackend",
        message: t(
          `${empty.length} of ${services.length} virtual services (${percent(ratio)}) have no server behind them on this node.`,
          `本节点 ${services.length} 个虚拟服务中有 ${empty.length} 个（${percent(ratio)}）没有后端。`,
        ),
        evidence: [
          {
            label: t("Services", "服务"),
            source: "podNetwork",
            kind: "log",
            lines: empty.slice(0, 20).map(({ service }) => service),
          },
        ],
        params: { count: empty.length },
      },
    ];
  },
});
