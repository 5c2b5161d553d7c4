// Repair: bring the host end of a running pod's device up and back into the bridge that its address belongs to.
import { podLinkBroken } from "../../checks/network/pod-link-broken.ts";
import { bridgeFor } from "../../checks/network/pod-paths.ts";
import { t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh } from "../guards.ts";
import { guard, problemNow, stillRaised } from "./still.ts";

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,14}$/;

function targetOf(ctx: RepairContext) {
  const network = ctx.facts.podNetwork?.data;
  const link = network?.links.find((l) => l.podId === ctx.finding.subject);
  if (!network || !link || !problemNow(ctx, podLinkBroken)) return undefined;
  if (link.device === null || link.index === null || !NAME.test(link.device)) return undefined;
  const home = bridgeFor(link, network);
  // A device that is in a bridge stays there: only one without is put back.
  return {
    index: link.index,
    name: link.device,
    master: link.master === null ? (home?.name ?? null) : null,
    bridge: home,
  };
}

export const reattachPodLink = defineRepair({
  id: "reattach-pod-link",
  title: t("Reconnect the pod", "恢复 Pod 链路"),
  risk: "disruptive",
  verifies: ["pod-link-broken"],
  settleMs: 2_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const target = targetOf(ctx);
    const id = ctx.finding.subject;
    const runs = (ctx.facts.containers?.data ?? []).some(
      (c) => (c.podId === id || c.id === id) && c.state === "running",
    );
    return [
      factsFresh(ctx, ["podNetwork", "containers"]),
      stillRaised(ctx, podLinkBroken),
      guard(
        "pod-runs",
        "The pod still runs",
        "Pod 仍在运行",
        runs,
        runs ? "a container of it runs" : "no running container of it is listed",
      ),
      guard(
        "host-end-there",
        "The host end of its device is on the node",
        "主机侧设备存在",
        target !== undefined,
        target ? `${target.name}, index ${target.index}` : "gone: the pod must be made anew",
      ),
      guard(
        "bridge-up",
        "The bridge it goes into is up",
        "目标网桥已启用",
        target !== undefined && (target.master === null || target.bridge?.up === true),
        target?.master ? `${target.master}: ${target.bridge?.up ? "up" : "down"}` : "stays where it is",
      ),
    ];
  },
  plan: (ctx) => {
    const target = targetOf(ctx);
    if (!target)
      return { nothing: t("The pod's link is whole, or its host end is gone.", "Pod 链路正常，或主机侧设备已消失。") };
    const { index, name, master } = target;
    return {
      evidence: { sections: ["network", "containers"] },
      steps: [
        {
          title: master
            ? t(`Put ${name} into ${master} and set it up`, `将 ${name} 放入 ${master} 并启用`)
            : t(`Set ${name} up`, `启用 ${name}`),
          action: { type: "link.set", params: { index, name, master } },
        },
      ],
      touches: t(
        "Touches the host end of this one pod's device; the pod keeps running with its address.",
        "只改动该 Pod 主机侧的设备；Pod 保持运行，地址不变。",
      ),
    };
  },
});
