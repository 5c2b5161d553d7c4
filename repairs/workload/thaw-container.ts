// Repair: thaw the frozen control group of a container that its runtime believes to run.
import { age, t } from "../../checks/text.ts";
import { whoOf } from "../../checks/workload/evidence.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, runtimesAnswer, sameProcessAsFound, stillThere } from "../guards.ts";

/** Pauses and checkpoints that are meant end before this, where the node says nothing else, ms. */
const THAW_AFTER_MS = 600_000;

const seenOf = (ctx: RepairContext) => ctx.facts.workload?.data?.containers.find((c) => c.id === ctx.finding.subject);

export const thawContainer = defineRepair({
  id: "thaw-container",
  title: t("Thaw the container", "解冻容器"),
  // A pause or a checkpoint that somebody still needs would be spoilt.
  risk: "disruptive",
  verifies: ["container-frozen"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const seen = seenOf(ctx);
    const afterMs = ctx.facts.workload?.data?.thawAfterMs ?? THAW_AFTER_MS;
    const waited = seen?.frozenSince == null ? 0 : ctx.now - seen.frozenSince;
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
      {
        id: "frozen-itself",
        title: t("It is frozen itself, not by a group above", "被冻结的是其自身的 cgroup，而非上级"),
        ok: seen !== undefined && seen.isFrozenItself !== false,
        detail: seen?.isFrozenItself === false ? "a control group above it is frozen" : "its own control group",
      },
      {
        id: "long-enough",
        title: t("It is frozen for longer than a pause or checkpoint takes", "冻结时间超过一次暂停或检查点所需"),
        ok: waited >= afterMs,
        detail: `seen so for ${age(waited)}, on this node it may take ${age(afterMs)}`,
      },
      {
        id: "nobody-at-work",
        title: t("Nobody is at work with it", "没有程序正在对其操作"),
        ok: seen !== undefined && (seen.frozenBy ?? null) === null,
        detail: seen?.frozenBy ?? "no checkpoint runs, its runtime knows of no pause",
      },
      sameProcessAsFound(ctx, seen?.process),
      runtimesAnswer(ctx),
    ];
  },
  plan: (ctx) => {
    const seen = seenOf(ctx);
    if (seen?.isFrozen !== true || seen.isFrozenItself === false)
      return { nothing: t("It is not frozen any more.", "该容器已不再被冻结。") };
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
