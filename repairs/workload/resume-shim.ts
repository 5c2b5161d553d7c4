// Repair: let a stopped shim go on. It takes up where it was: its containers were running all the time.
import { shortId, t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, sameProcessAsFound, stillThere } from "../guards.ts";

const shimOf = (ctx: RepairContext) =>
  ctx.facts.processes?.data?.shims.find((shim) => shim.containerId === ctx.finding.subject);

export const resumeShim = defineRepair({
  id: "resume-shim",
  title: t("Let the shim go on", "让 shim 继续运行"),
  risk: "safe",
  verifies: ["shim-hung"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const shim = shimOf(ctx);
    return [
      factsFresh(ctx, ["processes"]),
      stillThere(shim?.state === "T" ? `shim ${shim.process.pid} is in state T` : null),
      sameProcessAsFound(ctx, shim?.process),
    ];
  },
  plan: (ctx) => {
    const shim = shimOf(ctx);
    if (shim?.state !== "T") return { nothing: t("The shim is not stopped any more.", "该 shim 已不再处于停止状态。") };
    return {
      evidence: {
        sections: ["process-stack", "processes", "kmsg"],
        process: shim.process,
        containerId: shim.containerId,
      },
      steps: [
        {
          title: t(`Send SIGCONT to shim ${shim.process.pid}`, `向 shim ${shim.process.pid} 发送 SIGCONT`),
          action: { type: "process.resume", params: { process: shim.process } },
        },
      ],
      touches: t(
        `Only shim ${shim.process.pid} of ${shortId(shim.containerId)} gets a signal; no container is touched.`,
        `仅向 ${shortId(shim.containerId)} 的 shim ${shim.process.pid} 发送信号，不触碰任何容器。`,
      ),
    };
  },
});
