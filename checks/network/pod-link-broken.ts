// Check: a running pod's way to the node is cut: the host end of its device is gone, down, or not in the bridge that its address belongs to.
import { defineCheck } from "../define.ts";
import { shortId, t } from "../text.ts";
import { bridgeFor, linkFault } from "./pod-paths.ts";

const words = {
  HostEndMissing: t("the host end of its device is gone", "其网卡在主机侧的一端已不存在"),
  HostEndDown: t("the host end of its device is down", "其网卡在主机侧的一端被关闭"),
  NotInBridge: t("the host end of its device is in no bridge", "其网卡在主机侧的一端不在任何网桥中"),
} as const;

export const podLinkBroken = defineCheck({
  id: "pod-link-broken",
  title: t("Pod cut off from the node", "Pod 与节点的链路中断"),
  area: "network",
  severity: "critical",
  needs: ["podNetwork"],
  // A plugin moves the host end into its bridge in a moment: two looks.
  raiseAfterMs: 12_000,
  clearAfterMs: 5_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["MissingVeth", "PodLinkDown"],
  suggestion: t(
    "Set the host end up and put it back into its bridge. Where it is gone altogether, the pod must be made anew.",
    "启用主机侧的一端并放回网桥；若该端已彻底消失，只能重建 Pod。",
  ),
  repairs: ["reattach-pod-link"],
  evaluate: ({ facts: { podNetwork } }) =>
    podNetwork.links.flatMap((link) => {
      const fault = linkFault(link, podNetwork);
      if (fault === null) return [];
      const home = bridgeFor(link, podNetwork);
      const name = link.podName ?? shortId(link.podId);
      return [
        {
          subject: link.podId,
          reason: fault,
          message: t(
            `Pod ${name} (${link.address ?? "no address"}) is cut off: ${words[fault].en}${link.device ? ` (${link.device})` : ""}.`,
            `Pod ${name}（${link.address ?? "无地址"}）网络中断：${words[fault].zh}${link.device ? `（${link.device}）` : ""}。`,
          ),
          evidence: [
            {
              label: t("The pod's link", "Pod 链路"),
              source: "podNetwork" as const,
              kind: "table" as const,
              columns: ["device", "up", "bridge", "belongs to", "address"],
              rows: [
                [
                  link.device ?? "–",
                  link.up ? "yes" : "no",
                  link.master ?? "–",
                  home?.name ?? "–",
                  link.address ?? "–",
                ],
              ],
            },
          ],
          params: { device: link.device, index: link.index, master: home?.name ?? null },
        },
      ];
    }),
});
