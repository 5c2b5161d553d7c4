// Repair: start a runtime whose process is gone. Containers are not touched; the runtime takes them over from their shims.
import { judgeRuntime } from "../checks/runtime-state.ts";
import { t } from "../checks/text.ts";
import { defineRepair } from "./define.ts";
import {
  endedByItself,
  factsFresh,
  moduleOfRuntime,
  moduleRestartable,
  runtimeOf,
  shimsAnswer,
  stillThere,
} from "./guards.ts";

export const startRuntime = defineRepair({
  id: "start-runtime",
  title: t("Start the runtime", "启动运行时"),
  risk: "safe",
  verifies: ["runtime-down", "runtime-hung"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const runtime = runtimeOf(ctx);
    const module = moduleOfRuntime(ctx, runtime);
    const verdict = runtime && judgeRuntime(runtime, ctx.facts);
    const processSeen = module?.process
      ? `pid ${module.process.pid}, state ${module.processState ?? "?"}`
      : "no process";
    return [
      factsFresh(ctx, ["runtimes", "modules"]),
      stillThere(
        runtime && !runtime.probe.ok
          ? `${runtime.id}: ${runtime.probe.failures} failed probes, ${runtime.probe.code ?? "no answer"}`
          : null,
      ),
      {
        id: "process-gone",
        title: t("The runtime's process is not there", "运行时进程不存在"),
        ok: verdict?.state === "down",
        detail: verdict
          ? `${verdict.state === "answers" ? "answers" : verdict.reason}; ${processSeen}`
          : "the runtime is not known",
      },
      moduleRestartable(module),
      endedByItself(module),
      shimsAnswer(ctx),
    ];
  },
  plan: (ctx) => {
    const runtime = runtimeOf(ctx);
    const module = moduleOfRuntime(ctx, runtime);
    if (!runtime || !module)
      return { nothing: t("The agent knows no module that runs this runtime.", "代理不知道该运行时由哪个模块启动。") };
    if (runtime.probe.ok) return { nothing: t("The runtime answers again.", "运行时已恢复应答。") };
    return {
      evidence: { sections: ["module-log", "kmsg", "processes", "disk"], module: module.name },
      steps: [
        {
          title: t(`Start ${module.name} and wait until it answers`, `启动 ${module.name} 并等待其应答`),
          action: {
            type: "module.restart",
            params: { module: module.name, mode: "start", process: null, readyTimeoutMs: 30_000 },
          },
        },
      ],
      touches: t(
        `Starts ${module.name}; containers and their processes are not touched.`,
        `仅启动 ${module.name}；不触碰任何容器及其进程。`,
      ),
    };
  },
});
