// Repair: let a stopped runtime, and stopped shims that it may wait for, go on. Comes before any restart: nothing is lost by it.
import { judgeRuntime } from "../../checks/runtime-state.ts";
import { shortId, t } from "../../checks/text.ts";
import { defineRepair, type RepairContext, type Step } from "../define.ts";
import { factsFresh, moduleOfRuntime, runtimeOf, stillThere } from "../guards.ts";

/** What of a silent runtime is stopped: shims first, since the runtime may be waiting for one. */
function stopped(ctx: RepairContext) {
  const runtime = runtimeOf(ctx);
  const isHung = runtime !== undefined && judgeRuntime(runtime, ctx.facts).state === "hung";
  const module = moduleOfRuntime(ctx, runtime);
  const shims = (ctx.facts.processes?.data?.shims ?? []).filter((shim) => isHung && shim.state === "T");
  const main = isHung && module?.processState === "T" ? module.process : null;
  return { runtime, module, isHung, shims, main };
}

export const resumeRuntime = defineRepair({
  id: "resume-runtime",
  title: t("Let the stopped runtime go on", "让停住的运行时继续运行"),
  risk: "safe",
  verifies: ["runtime-hung"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const { runtime, isHung, shims, main } = stopped(ctx);
    return [
      factsFresh(ctx, ["runtimes", "modules", "processes"]),
      stillThere(runtime && isHung ? `${runtime.id}: ${runtime.probe.code ?? "no answer"}` : null),
      {
        id: "something-stopped",
        title: t("The runtime or a shim is stopped (state T)", "运行时或某个 shim 处于停止状态（T）"),
        ok: main !== null || shims.length > 0,
        detail:
          [
            main && `runtime, pid ${main.pid}`,
            ...shims.map((s) => `shim ${s.process.pid} of ${shortId(s.containerId)}`),
          ]
            .filter(Boolean)
            .join(", ") || "nothing is stopped: the runtime hangs by itself",
      },
    ];
  },
  plan: (ctx) => {
    const { module, shims, main } = stopped(ctx);
    const steps = shims.slice(0, 50).map(
      ({ process, containerId }): Step => ({
        title: t(
          `Send SIGCONT to shim ${process.pid} of ${shortId(containerId)}`,
          `向 ${shortId(containerId)} 的 shim ${process.pid} 发送 SIGCONT`,
        ),
        action: { type: "process.resume", params: { process } },
      }),
    );
    if (main)
      steps.push({
        title: t(
          `Send SIGCONT to ${module?.name ?? "the runtime"}, pid ${main.pid}`,
          `向 ${module?.name ?? "运行时"}（pid ${main.pid}）发送 SIGCONT`,
        ),
        action: { type: "process.resume", params: { process: main } },
      });
    if (steps.length === 0) return { nothing: t("Nothing is stopped.", "没有被停住的进程。") };
    return {
      evidence: {
        sections: ["process-stack", "module-log", "processes", "kmsg"],
        ...(module ? { module: module.name } : {}),
        ...(main ? { process: main } : {}),
      },
      steps,
      touches: t(
        `Only ${steps.length} stopped process(es) get a signal; no container and no daemon is restarted.`,
        `仅向 ${steps.length} 个被停住的进程发送信号，不重启任何容器或守护进程。`,
      ),
    };
  },
});
