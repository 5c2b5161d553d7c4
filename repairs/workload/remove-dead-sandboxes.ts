// Repair: remove exactly those pod sandboxes that are not ready, have no running container, and that nobody else will remove.
import { shortId, t } from "../../checks/text.ts";
import { leftoverSandboxes } from "../../checks/workload/sandbox-leftover.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, runtimesAnswer, stillThere } from "../guards.ts";

/** Sandboxes of one command. */
const PODS_MAX = 200;

const deadOf = (ctx: RepairContext) => leftoverSandboxes(ctx.facts, ctx.now).get(ctx.finding.subject) ?? [];

export const removeDeadSandboxes = defineRepair({
  id: "remove-dead-sandboxes",
  title: t("Remove dead sandboxes", "移除失效的沙箱"),
  risk: "disruptive",
  verifies: ["sandbox-leftover"],
  settleMs: 3_000,
  verifyWithinMs: 120_000,
  guards: (ctx) => {
    const dead = deadOf(ctx);
    const alive = (ctx.facts.containers?.data ?? []).find(
      (c) => c.state !== "exited" && dead.some((pod) => pod.id === c.podId),
    );
    return [
      factsFresh(ctx, ["pods", "containers", "runtimes"]),
      stillThere(dead.length > 0 ? `${dead.length} sandboxes of ${ctx.finding.subject} are not ready` : null),
      runtimesAnswer(ctx),
      {
        id: "nothing-runs-inside",
        title: t("No container in them runs", "其中没有运行中的容器"),
        ok: dead.length > 0 && !alive,
        detail: alive ? `${alive.name} is ${alive.state}` : `${dead.length} sandboxes looked at`,
      },
    ];
  },
  plan: (ctx) => {
    const dead = deadOf(ctx).slice(0, PODS_MAX);
    const [first] = dead;
    if (!first) return { nothing: t("There is no dead sandbox any more.", "已没有失效的沙箱。") };
    return {
      evidence: { sections: ["containers", "network", "mounts", "cni"], containerId: first.id },
      steps: [
        {
          title: t(`Stop and remove ${dead.length} sandbox(es)`, `停止并移除 ${dead.length} 个沙箱`),
          action: {
            type: "pod.remove",
            params: { runtime: ctx.finding.subject, pods: dead.map((pod) => pod.id).sort() },
          },
        },
      ],
      touches: t(
        `Removes sandboxes ${dead
          .slice(0, 5)
          .map((pod) => `${pod.name} (${shortId(pod.id)})`)
          .join(", ")}${dead.length > 5 ? " and others" : ""} with their exited containers; nothing that runs.`,
        `移除沙箱 ${dead
          .slice(0, 5)
          .map((pod) => `${pod.name}（${shortId(pod.id)}）`)
          .join("、")}${dead.length > 5 ? " 等" : ""}及其已退出的容器，不触碰任何运行中的内容。`,
      ),
    };
  },
});
