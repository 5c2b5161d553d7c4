// Repair: start a module that is not running. For any module but runtimes; the check names it in params.module.
import { t } from "../../checks/text.ts";
import { defineRepair } from "../define.ts";
import { endedByItself, factsFresh, moduleRestartable, stillThere } from "../guards.ts";
import { moduleFound, noRuntime } from "./module-found.ts";

export const startModule = defineRepair({
  id: "start-module",
  title: t("Start the module", "启动模块"),
  risk: "safe",
  verifies: ["module-stopped", "time-service-down", "kubelet-down", "p2p-daemon-down", "on-demand-backend-down"],
  verifiesOwnOnly: true,
  settleMs: 5_000,
  // Facts that are looked at each minute (the clock) must have come in.
  verifyWithinMs: 120_000,
  guards: (ctx) => {
    const module = moduleFound(ctx);
    return [
      factsFresh(ctx, ["modules"]),
      stillThere(module?.state === "stopped" && module.process === null ? `${module.name} has no process` : null),
      noRuntime(module),
      moduleRestartable(module),
      endedByItself(module),
    ];
  },
  plan: (ctx) => {
    const module = moduleFound(ctx);
    if (module?.state !== "stopped") return { nothing: t("The module runs.", "模块已在运行。") };
    return {
      evidence: { sections: ["module-log", "kmsg", "processes"], module: module.name },
      steps: [
        {
          title: t(`Start ${module.name} and wait until it runs`, `启动 ${module.name} 并等待其运行`),
          action: {
            type: "module.restart",
            params: { module: module.name, mode: "start", process: null, readyTimeoutMs: 30_000 },
          },
        },
      ],
      touches: t(`Starts ${module.name}; nothing that runs is touched.`, `仅启动 ${module.name}；不影响运行中的程序。`),
    };
  },
});
