// Repair: capture what a hung runtime is doing, then kill exactly that process and start it anew. Containers live on under their shims.
import { judgeRuntime } from "../checks/runtime-state.ts";
import { age, t } from "../checks/text.ts";
import { defineRepair } from "./define.ts";
import {
  factsFresh,
  moduleOfRuntime,
  moduleRestartable,
  runtimeOf,
  sameProcessAsFound,
  shimsAnswer,
  stillThere,
} from "./guards.ts";

/** A runtime that started less than this ago may still be loading its state, ms (node-problem-detector waits 2 min, containerd loads 100 containers in about 10 s). */
const STARTING_MS = 30_000;

export const restartHungRuntime = defineRepair({
  id: "restart-hung-runtime",
  title: t("Dump, kill and restart the runtime", "转储后强制重启运行时"),
  risk: "disruptive",
  verifies: ["runtime-hung", "runtime-down"],
  settleMs: 3_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const runtime = runtimeOf(ctx);
    const module = moduleOfRuntime(ctx, runtime);
    const verdict = runtime && judgeRuntime(runtime, ctx.facts);
    const upFor = module?.startedAt == null ? null : ctx.now - module.startedAt;
    const stopped = verdict?.state === "hung" && verdict.reason === "ProcessStopped";
    return [
      factsFresh(ctx, ["runtimes", "modules"]),
      stillThere(
        runtime && !runtime.probe.ok
          ? `${runtime.id}: ${runtime.probe.failures} failed probes, ${runtime.probe.code ?? "no answer"}`
          : null,
      ),
      {
        id: "process-hung",
        title: t("The runtime's process is there but silent", "运行时进程存在但无应答"),
        ok: verdict?.state === "hung",
        detail: verdict ? (verdict.state === "answers" ? "answers" : verdict.reason) : "the runtime is not known",
      },
      sameProcessAsFound(ctx, module?.process),
      {
        id: "not-starting",
        title: t("It is not just starting", "并非正在启动"),
        ok: module !== undefined && (stopped || upFor === null || upFor >= STARTING_MS),
        detail: upFor === null ? "start time unknown" : `up for ${age(upFor)}`,
      },
      moduleRestartable(module),
      shimsAnswer(ctx),
    ];
  },
  plan: (ctx) => {
    const runtime = runtimeOf(ctx);
    const module = moduleOfRuntime(ctx, runtime);
    if (!runtime || !module?.process) return { nothing: t("There is no process to restart.", "没有可重启的进程。") };
    if (runtime.probe.ok) return { nothing: t("The runtime answers again.", "运行时已恢复应答。") };
    const { process } = module;
    return {
      evidence: {
        sections: ["goroutines", "process-stack", "module-log", "kmsg", "pressure", "open-files"],
        module: module.name,
        process,
      },
      steps: [
        {
          title: t(
            `Kill process ${process.pid} and start ${module.name}`,
            `结束进程 ${process.pid} 并启动 ${module.name}`,
          ),
          action: {
            type: "module.restart",
            params: { module: module.name, mode: "kill-restart", process, readyTimeoutMs: 60_000 },
          },
        },
      ],
      touches:
        runtime.kind === "docker"
          ? t(
              `Restarts ${module.name}. Running containers stay only where the engine has live-restore on; creates in flight fail.`,
              `重启 ${module.name}。仅当引擎启用 live-restore 时运行中的容器才不受影响；进行中的创建请求会失败。`,
            )
          : t(
              `Restarts ${module.name}. Running containers and their shims are not touched; creates in flight fail.`,
              `重启 ${module.name}。运行中的容器及其 shim 不受影响；进行中的创建请求会失败。`,
            ),
    };
  },
});
