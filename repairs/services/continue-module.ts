// Repair: let a module go on that somebody stopped (state T). Less than a restart: nothing is lost.
import { t } from "../../checks/text.ts";
import { defineRepair } from "../define.ts";
import { factsFresh, sameProcessAsFound, stillThere } from "../guards.ts";
import { moduleFound, noRuntime } from "./module-found.ts";

/** By a signal. One that a debugger holds (t) goes on when the debugger lets it. */
const isStopped = (state: string | null | undefined): boolean => state === "T";

export const continueModule = defineRepair({
  id: "continue-module",
  title: t("Let the stopped module go on", "让被暂停的模块继续运行"),
  risk: "safe",
  verifies: ["module-hung", "kubelet-unhealthy"],
  verifiesOwnOnly: true,
  settleMs: 5_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const module = moduleFound(ctx);
    return [
      factsFresh(ctx, ["modules"]),
      stillThere(isStopped(module?.processState) ? `${module?.name} is in state ${module?.processState}` : null),
      noRuntime(module),
      sameProcessAsFound(ctx, module?.process),
    ];
  },
  plan: (ctx) => {
    const module = moduleFound(ctx);
    if (!module?.process || !isStopped(module.processState))
      return { nothing: t("Its process is not stopped.", "其进程未处于暂停状态。") };
    const { name, process } = module;
    return {
      evidence: { sections: ["process-stack", "module-log", "kmsg"], module: name, process },
      steps: [
        {
          title: t(`Send SIGCONT to ${name} (pid ${process.pid})`, `向 ${name}（pid ${process.pid}）发送 SIGCONT`),
          action: { type: "process.resume", params: { process } },
        },
      ],
      touches: t(`Only ${name} gets a signal; it goes on where it stood.`, `仅向 ${name} 发送信号，它将从暂停处继续。`),
    };
  },
});
