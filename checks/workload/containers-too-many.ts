// Check: more pods or containers on one node than container runtimes are run with: every list, every statistics call gets slow.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { t } from "../text.ts";

export const containersTooMany = defineCheck({
  id: "containers-too-many",
  title: t("Very many containers on this node", "节点上容器数量过多"),
  area: "node",
  severity: "info",
  needs: ["containers", "pods"],
  raiseAfterMs: 45_000,
  clearAfterMs: 60_000,
  factTtlMs: 90_000,
  thresholds: { raisePods: 250, clearPods: 220, raiseContainers: 600, clearContainers: 500 },
  suggestion: t(
    "Lower the pods per node (kubelet maxPods), or see that the runtime's calls stay fast: look at their latency first.",
    "降低每节点 Pod 数（kubelet maxPods）；若要保持，请确认运行时调用的延迟仍然正常。",
  ),
  repairs: [],
  evaluate: ({ facts, thresholds, open }) => {
    const pods = facts.pods.filter((pod) => pod.ready).length;
    const running = facts.containers.filter((c) => c.state === "running").length;
    const isOpen = open.has("node");
    const isMany =
      isOver(pods, isOpen, thresholds.raisePods, thresholds.clearPods) ||
      isOver(running, isOpen, thresholds.raiseContainers, thresholds.clearContainers);
    if (!isMany) return [];
    return [
      {
        subject: "node",
        reason: "TooDense",
        message: t(
          `${pods} pods and ${running} containers run on this node.`,
          `本节点运行着 ${pods} 个 Pod、${running} 个容器。`,
        ),
        evidence: [
          numberOf(t("Pods that are ready", "就绪的 Pod"), "pods", pods, "count", thresholds.raisePods),
          numberOf(t("Running containers", "运行中的容器"), "containers", running, "count", thresholds.raiseContainers),
        ],
        params: { pods, running },
      },
    ];
  },
});
