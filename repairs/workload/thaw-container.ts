// Repair: thaw the frozen control group of a container that its runtime believes to run.
import { t } from "../../checks/text.ts";
import { whoOf } from "../../checks/workload/evidence.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, runtimesAnswer, sameProcessAsFound, stillThere } from "../guards.ts";

const seenOf = (ctx: RepairContext) => ctx.facts.workload?.data?.containers.find((c) => c.id === ctx.finding.subject);

export const thawContainer = defineRepair({
  id: "thaw-container",
  title: t("Thaw the container", "解冻容器"),
  risk: "safe",
  verifies: ["container-frozen"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const seen = seenOf(ctx);
    const container = ctx.facts.containers?.data?.find((c) => c.id === ctx.finding.subject);
    return [
      factsFresh(ctx, ["workload", "containers", "runtimes"]),
      stillThere(seen?.isFrozen === true ? `the cgroup of pid ${seen.process.pid} is frozen` : null),
      {
        id: "not-paused",
        title: t("Its runtime did not pause it", "并非由运行时暂停"),
        ok: container?.state === "running",
        detail: container ? `the runtime lists it as ${container.state}` : "no runtime lists it",
      },
      sameProcessAsFound(ctx, seen?.process),
      runtimesAnswer(ctx),
    ];
  },
  plan: (ctx) => {
    const seen = seenOf(ctx);
    if (seen?.isFrozen !== true) return { nothing: t("It is not frozen any more.", "该容器已不再被冻结。") };
    const who = whoOf(ctx.facts, seen.id);
    return {
      evidence: {
        sections: ["cgroup", "processes", "containers", "kmsg"],
        containerId: seen.id,
        process: seen.process,
      },
      steps: [
        {
          title: t(`Thaw the control group of ${who}`, `解冻 ${who} 的 cgroup`),
          action: { type: "container.thaw", params: { containerId: seen.id } },
        },
      ],
      touches: t(
        `Writes one value in the control group of ${who}; its processes go on where they were.`,
        `仅向 ${who} 的 cgroup 写入一个值；其进程从原处继续运行。`,
      ),
    };
  },
});
