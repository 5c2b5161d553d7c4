// Check: the node has nearly as many pods as its kubelet allows; the next ones are refused.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { percent, t } from "../text.ts";

/** The kubelet's own default (KubeletConfiguration.maxPods). */
const DEFAULT_MAX_PODS = 110;

export const podsNearCapacity = defineCheck({
  id: "pods-near-capacity",
  title: t("Pods near capacity", "Pod 数接近上限"),
  area: "kubelet",
  severity: "info",
  needs: ["kubelet", "pods"],
  raiseAfterMs: 30_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.95, clearRatio: 0.9 },
  suggestion: t(
    "Grow the pool. Raise maxPods only together with the node's pod CIDR; finished pods that nobody removes count too.",
    "扩容节点池。提高 maxPods 时须同时核对节点的 Pod CIDR；无人清理的已结束 Pod 也计入。",
  ),
  repairs: [],
  aliases: ["KubeletTooManyPods"],
  evaluate: ({ facts: { kubelet, pods }, thresholds, open }) => {
    // Without the kubelet's file the limit may come from a flag.
    if (!kubelet.present || !kubelet.config) return [];
    const max = kubelet.config.maxPods ?? DEFAULT_MAX_PODS;
    const count = pods.filter((pod) => pod.ready).length;
    if (max === 0 || !isOver(count / max, open.has("pods"), thresholds.raiseRatio, thresholds.clearRatio)) return [];
    return [
      {
        subject: "pods",
        reason: "NearCapacity",
        message: t(
          `${count} of ${max} possible pods run here (${percent(count / max)}).`,
          `本节点运行 ${count} 个 Pod，上限 ${max}（${percent(count / max)}）。`,
        ),
        evidence: [numberOf(t("Pods", "Pod 数"), "pods", count, "count", max)],
        params: {},
      },
    ];
  },
});
