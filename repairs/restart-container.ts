// Repair: restart one container whose first process does not reap. Its zombies end with its pid namespace.
import { shortId, t } from "../checks/text.ts";
import type { ContainerFact } from "../protocol/facts.ts";
import { defineRepair, type RepairContext } from "./define.ts";
import { factsFresh, runtimesAnswer, stillThere } from "./guards.ts";
import { textParam } from "./params.ts";

function containerOf(ctx: RepairContext): ContainerFact | undefined {
  const id = textParam(ctx, "containerId") ?? ctx.finding.subject;
  return ctx.facts.containers?.data?.find((container) => container.id === id);
}

export const restartContainer = defineRepair({
  id: "restart-container",
  title: t("Restart the container", "重启该容器"),
  risk: "disruptive",
  verifies: ["zombie-pileup"],
  settleMs: 3_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const container = containerOf(ctx);
    const parent = ctx.facts.processes?.data?.zombieParents.find((p) => container && p.containerId === container.id);
    return [
      factsFresh(ctx, ["processes", "containers", "runtimes"]),
      stillThere(parent ? `${parent.count} zombies under ${parent.name} in it` : null),
      {
        id: "container-running",
        title: t("The runtime lists the container as running", "运行时显示该容器正在运行"),
        ok: container?.state === "running",
        detail: container ? `${container.name}: ${container.state}` : "no container of that id is listed",
      },
      runtimesAnswer(ctx),
    ];
  },
  plan: (ctx) => {
    const container = containerOf(ctx);
    if (!container) return { nothing: t("The container is gone.", "该容器已不存在。") };
    return {
      evidence: { sections: ["processes", "containers"], containerId: container.id },
      steps: [
        {
          title: t(`Restart ${container.name}`, `重启 ${container.name}`),
          action: {
            type: "container.restart",
            params: { runtime: container.runtime, containerId: container.id, graceMs: 5_000 },
          },
        },
      ],
      touches: t(
        `Stops and starts container ${container.name} (${shortId(container.id)}); the other containers of its pod go on.`,
        `停止并重新启动容器 ${container.name}（${shortId(container.id)}）；同一 Pod 的其他容器不受影响。`,
      ),
    };
  },
});
