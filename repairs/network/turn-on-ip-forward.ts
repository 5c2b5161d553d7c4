// Repair: let the node forward packets again.
import { ipForwardOff } from "../../checks/network/ip-forward-off.ts";
import { t } from "../../checks/text.ts";
import { defineRepair } from "../define.ts";
import { factsFresh } from "../guards.ts";
import { setSetting, takeBack } from "./settings.ts";
import { guard, problemNow, stillRaised } from "./still.ts";

export const turnOnIpForward = defineRepair({
  id: "turn-on-ip-forward",
  title: t("Turn IP forwarding on", "打开 IP 转发"),
  risk: "disruptive",
  verifies: ["ip-forward-off"],
  settleMs: 2_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => [
    factsFresh(ctx, ["podNetwork"]),
    stillRaised(ctx, ipForwardOff),
    guard(
      "is-ipv4",
      "It is the setting of IPv4",
      "涉及的是 IPv4 参数",
      ctx.finding.subject === "net.ipv4.ip_forward",
      // With net.ipv6.conf.all.forwarding the node stops taking router announcements: it may lose its own way out.
      ctx.finding.subject,
    ),
  ],
  plan: (ctx) => {
    if (!problemNow(ctx, ipForwardOff)) return { nothing: t("The node forwards packets.", "节点已开启转发。") };
    return {
      evidence: { sections: ["network"] },
      steps: [setSetting("net.ipv4.ip_forward", "0", "1")],
      touches: t("Sets one kernel setting until the next boot.", "修改一个内核参数，重启后失效。"),
    };
  },
  undo: takeBack,
});
