// Check: the neighbour table sends packets for a pod to a MAC that is not the pod's, or the default gateway's MAC cannot be found.
import type { FactData } from "../../protocol/facts.ts";
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";
import { isSound } from "./pod-paths.ts";

type Neighbour = FactData["podNetwork"]["neighbours"][number];

/** Entries that do not mend themselves; all others are asked anew by the kernel. */
const FIXED = new Set(["PERMANENT", "NOARP", "FAILED"]);
const ZERO = "00:00:00:00:00:00";

/** Why an entry is wrong, null when it is not. */
export function neighbourFault({
  of,
  state,
  mac,
  realMac,
  address,
}: Neighbour): "WrongMac" | "GatewayUnresolved" | null {
  if (!FIXED.has(state)) return null;
  if (of === "pod")
    return mac !== null && realMac !== null && mac.toLowerCase() !== realMac.toLowerCase() ? "WrongMac" : null;
  if (of !== "gateway") return null;
  // Routers announced by IPv6 come and go; a gateway of IPv4 is asked for by the node's own traffic all the time.
  if (state === "FAILED") return address.includes(":") ? null : "GatewayUnresolved";
  return mac === ZERO ? "WrongMac" : null;
}

export const neighbourWrong = defineCheck({
  id: "neighbour-wrong",
  title: t("Wrong neighbour entry", "邻居表项错误"),
  area: "network",
  severity: "critical",
  needs: ["podNetwork"],
  raiseAfterMs: 12_000,
  clearAfterMs: 5_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["ARPResolutionFailed", "ArpUnresolved"],
  suggestion: t(
    "Drop the entry, the kernel asks for the address anew. A fixed entry was written by somebody: find the script or agent that did.",
    "删除该表项，内核会重新解析。固定表项必是某个程序写入的：请找到写入它的脚本或代理。",
  ),
  repairs: ["drop-neighbour"],
  evaluate: ({ facts: { podNetwork } }) =>
    podNetwork.neighbours.flatMap((entry) => {
      const fault = neighbourFault(entry);
      // A pod whose link is cut cannot answer: that is the trouble then.
      const link = podNetwork.links.find((l) => l.address === entry.address);
      if (fault === null || (link && !isSound(link, podNetwork))) return [];
      const { address, device, state, mac, realMac } = entry;
      return [
        {
          subject: `${device} ${address}`,
          reason: fault,
          message:
            fault === "WrongMac"
              ? t(
                  `${address} on ${device} is fixed to ${mac ?? "no MAC"}, but its interface has ${realMac ?? "another"}: packets for it are lost.`,
                  `${device} 上的 ${address} 被固定为 ${mac ?? "无 MAC"}，而其网卡实际为 ${realMac ?? "其他地址"}：发往它的报文全部丢失。`,
                )
              : t(
                  `The default gateway ${address} on ${device} does not answer (ARP failed).`,
                  `默认网关 ${address}（${device}）无法解析（ARP 失败）。`,
                ),
          evidence: [
            {
              label: t("The entry", "邻居表项"),
              source: "podNetwork" as const,
              kind: "table" as const,
              columns: ["address", "device", "state", "MAC", "real MAC"],
              rows: [[address, device, state, mac ?? "–", realMac ?? "–"]],
            },
          ],
          params: { address, device },
        },
      ];
    }),
});
