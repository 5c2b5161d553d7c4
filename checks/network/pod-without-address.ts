// Check: a running pod has a network of its own, but no address in it.
import { defineCheck } from "../define.ts";
import { shortId, t } from "../text.ts";

export const podWithoutAddress = defineCheck({
  id: "pod-without-address",
  title: t("Pod without address", "Pod 没有地址"),
  area: "network",
  severity: "warning",
  needs: ["podNetwork"],
  // While a sandbox is set up it has none yet.
  raiseAfterMs: 30_000,
  clearAfterMs: 5_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["PodIPMissing"],
  suggestion: t(
    "Make the pod anew: an address cannot be given afterwards. Look in the CNI's log for that moment (IPAM error, a daemon that was away).",
    "重建 Pod：地址无法事后补发。请查看 CNI 当时的日志（IPAM 错误或守护进程不可用）。",
  ),
  repairs: [],
  evaluate: ({ facts: { podNetwork } }) =>
    podNetwork.links
      .filter(({ address }) => address === null || address === "")
      .map(({ podId, podName, device }) => ({
        subject: podId,
        reason: "NoAddress",
        message: t(
          `Pod ${podName ?? shortId(podId)} runs without an address.`,
          `Pod ${podName ?? shortId(podId)} 正在运行，但没有 IP 地址。`,
        ),
        evidence: [
          {
            label: t("Host end of its device", "主机侧网卡"),
            source: "podNetwork",
            kind: "text",
            value: device ?? "–",
          },
        ],
        params: { podId },
      })),
});
