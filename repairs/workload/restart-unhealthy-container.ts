// Repair: restart one container that cannot do its work: unhealthy by its own check, its gVisor sandbox broken, or a value read wrong at its start.
import { shortId, t } from "../../checks/text.ts";
import { containerUnhealthy } from "../../checks/workload/container-unhealthy.ts";
import { gvisorGoferGone } from "../../checks/workload/gvisor-gofer-gone.ts";
import { gvisorSandboxGone } from "../../checks/workload/gvisor-sandbox-gone.ts";
import { serialNumberWrong } from "../../checks/workload/serial-number-wrong.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, runtimesAnswer, stillThere } from "../guards.ts";
import { textParam } from "../params.ts";

const sources = [containerUnhealthy, gvisorSandboxGone, gvisorGoferGone, serialNumberWrong] as const;

/** What its check says of it now, null when it says nothing any more. */
function stillSick(ctx: RepairContext): string | null {
  const check = sources.find((source) => source.id === ctx.finding.checkId);
  const outcome = check?.evaluate(ctx.facts, ctx.now, new Set([ctx.finding.subject]));
  if (outcome?.status !== "problems") return null;
  return outcome.problems.find((problem) => problem.subject === ctx.finding.subject)?.message.en ?? null;
}

const containerOf = (ctx: RepairContext) => {
  const id = textParam(ctx, "containerId") ?? ctx.finding.subject;
  return ctx.facts.containers?.data?.find((container) => container.id === id);
};

export const restartUnhealthyContainer = defineRepair({
  id: "restart-unhealthy-container",
  title: t("Restart the unhealthy container", "重启不健康的容器"),
  risk: "disruptive",
  verifies: sources.map((check) => check.id),
  verifiesOwnOnly: true,
  settleMs: 5_000,
  verifyWithinMs: 180_000,
  guards: (ctx) => {
    const container = containerOf(ctx);
    return [
      factsFresh(ctx, ["containers", "runtimes", "workload", "sandboxes"]),
      stillThere(stillSick(ctx)),
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
      evidence: { sections: ["containers", "processes", "cgroup", "kmsg"], containerId: container.id },
      steps: [
        {
          title: t(`Restart ${container.name}`, `重启 ${container.name}`),
          action: {
            type: "container.restart",
            params: { runtime: container.runtime, containerId: container.id, graceMs: 10_000 },
          },
        },
      ],
      touches: t(
        `Stops and starts container ${container.name} (${shortId(container.id)}); requests in it are cut off, other containers go on.`,
        `停止并重新启动容器 ${container.name}（${shortId(container.id)}）；其中的请求会中断，其他容器不受影响。`,
      ),
    };
  },
});
