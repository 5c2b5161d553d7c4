// Repair: let a stopped module (lxcfs) go on. Its mount and what containers have bound from it are still there: nothing has to be attached anew.
import { t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, stillThere } from "../guards.ts";
import { textParam } from "../params.ts";

const moduleOf = (ctx: RepairContext) => {
  const name = textParam(ctx, "module");
  return ctx.facts.modules?.data?.find((module) => module.name === name);
};

export const resumeModule = defineRepair({
  id: "resume-module",
  title: t("Let the stopped module go on", "让停住的模块继续运行"),
  risk: "safe",
  verifies: ["lxcfs-dead"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const module = moduleOf(ctx);
    const isStopped = module?.process != null && module.processState === "T";
    return [
      factsFresh(ctx, ["modules", "lxcfs"]),
      stillThere(module && isStopped ? `${module.name}, pid ${module.process?.pid}, is in state T` : null),
    ];
  },
  plan: (ctx) => {
    const module = moduleOf(ctx);
    if (!module?.process || module.processState !== "T")
      return { nothing: t("Its process is not stopped.", "其进程未处于停止状态。") };
    const { name, process } = module;
    return {
      evidence: { sections: ["process-stack", "lxcfs", "module-log", "kmsg"], module: name, process },
      steps: [
        {
          title: t(`Send SIGCONT to ${name}, pid ${process.pid}`, `向 ${name}（pid ${process.pid}）发送 SIGCONT`),
          action: { type: "process.resume", params: { process } },
        },
      ],
      touches: t(
        `Only ${name} gets a signal; its mounts and the containers stay as they are.`,
        `仅向 ${name} 发送信号；其挂载和容器保持不变。`,
      ),
    };
  },
});
