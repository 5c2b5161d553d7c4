// Repair: restart a module that runs and does not answer; not a runtime, whose repair looks after its containers.
import { t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, moduleRestartable, sameProcessAsFound, stillThere } from "../guards.ts";
import { moduleFound, noRuntime, notJustStarted } from "./module-found.ts";

/** Why it counts as silent, null when it does not. */
function silence(ctx: RepairContext): string | null {
  const module = moduleFound(ctx);
  if (!module?.process) return null;
  if (module.state === "hung") return `${module.name}: ${module.message ?? "hung"}`;
  const health = ctx.facts.kubelet?.data?.health;
  if (module.kind === "kubelet" && health && !health.ok)
    return `${module.name}: ${health.failures} failed health checks, ${health.error ?? "no reason given"}`;
  return null;
}

export const restartModule = defineRepair({
  id: "restart-module",
  title: t("Restart the hung module", "重启挂起的模块"),
  risk: "disruptive",
  verifies: ["module-hung", "kubelet-unhealthy"],
  verifiesOwnOnly: true,
  settleMs: 5_000,
  verifyWithinMs: 120_000,
  guards: (ctx) => {
    const module = moduleFound(ctx);
    const waits = module?.processState === "D";
    return [
      factsFresh(ctx, ["modules"]),
      stillThere(silence(ctx)),
      noRuntime(module),
      sameProcessAsFound(ctx, module?.process),
      notJustStarted(ctx, module),
      {
        id: "can-be-ended",
        title: t("A signal can end it", "进程可以被信号结束"),
        ok: module !== undefined && !waits,
        detail: waits
          ? "it waits in the kernel (state D); mend what it waits for"
          : `state ${module?.processState ?? "?"}`,
      },
      moduleRestartable(module),
    ];
  },
  plan: (ctx) => {
    const module = moduleFound(ctx);
    if (!module?.process || silence(ctx) === null) return { nothing: t("The module answers.", "模块已恢复应答。") };
    const { name, process } = module;
    return {
      evidence: { sections: ["goroutines", "process-stack", "module-log", "kmsg"], module: name, process },
      steps: [
        {
          title: t(
            `End ${name} (pid ${process.pid}), start it and wait until it runs`,
            `结束 ${name}（pid ${process.pid}），重新启动并等待其运行`,
          ),
          action: {
            type: "module.restart",
            params: { module: name, mode: "kill-restart", process, readyTimeoutMs: 60_000 },
          },
        },
      ],
      touches: t(
        `Ends and starts ${name}; containers keep running, what ${name} was doing begins anew.`,
        `结束并启动 ${name}；容器不受影响，${name} 正在进行的工作会重新开始。`,
      ),
    };
  },
});
