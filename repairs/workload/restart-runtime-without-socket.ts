// Repair: restart a runtime's daemon whose socket somebody removed: only a start makes it anew. Containers live on under their shims.
import { t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, moduleRestartable, sameProcessAsFound, shimsAnswer, stillThere } from "../guards.ts";

function stateOf(ctx: RepairContext) {
  const module = ctx.facts.modules?.data?.find((m) => m.name === ctx.finding.subject);
  const daemon = ctx.facts.sandboxes?.data?.daemons.find((d) => d.module === ctx.finding.subject);
  return { module, daemon };
}

export const restartRuntimeWithoutSocket = defineRepair({
  id: "restart-runtime-without-socket",
  title: t("Restart the runtime so that it listens again", "重启运行时以重建套接字"),
  risk: "disruptive",
  verifies: ["runtime-socket-missing"],
  settleMs: 3_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const { module, daemon } = stateOf(ctx);
    return [
      factsFresh(ctx, ["modules", "sandboxes", "processes"]),
      stillThere(daemon?.isSocketThere === false ? `${daemon.socket ?? "its socket"} is not there` : null),
      sameProcessAsFound(ctx, module?.process),
      moduleRestartable(module),
      shimsAnswer(ctx),
    ];
  },
  plan: (ctx) => {
    const { module } = stateOf(ctx);
    if (!module?.process) return { nothing: t("There is no process to restart.", "没有可重启的进程。") };
    return {
      evidence: {
        sections: ["module-log", "open-files", "sockets", "processes"],
        module: module.name,
        process: module.process,
      },
      steps: [
        {
          title: t(`Restart ${module.name}`, `重启 ${module.name}`),
          action: {
            type: "module.restart",
            params: { module: module.name, mode: "restart", process: module.process, readyTimeoutMs: 60_000 },
          },
        },
      ],
      touches: t(
        `Restarts ${module.name}. Running containers and their shims are not touched; requests in flight fail.`,
        `重启 ${module.name}。运行中的容器及其 shim 不受影响；进行中的请求会失败。`,
      ),
    };
  },
});
