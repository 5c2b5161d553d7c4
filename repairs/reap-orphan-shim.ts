// Repair: end a shim that is proven to serve nothing. The agent proves it once more on the spot before it sends the signal.
import { liveProcesses } from "../checks/container-lost.ts";
import { shortId, t } from "../checks/text.ts";
import type { FactData } from "../protocol/facts.ts";
import { defineRepair, type RepairContext } from "./define.ts";
import { factsFresh, notListed, runtimesAnswer, sameProcessAsFound, stillThere } from "./guards.ts";
import { processParam, sameProcess } from "./params.ts";

type Shim = FactData["processes"]["shims"][number];

function shimOf(ctx: RepairContext): Shim | undefined {
  const wanted = processParam(ctx);
  const shims = (ctx.facts.processes?.data?.shims ?? []).filter((shim) => shim.containerId === ctx.finding.subject);
  return shims.find((shim) => sameProcess(shim.process, wanted)) ?? shims[0];
}

/** The runtime to ask: Docker's shims live in the namespace "moby", everything else belongs to the CRI runtime. */
function runtimeFor(ctx: RepairContext, shim: Shim): string | undefined {
  const runtimes = ctx.facts.runtimes?.data ?? [];
  const kind = shim.namespace === "moby" || shim.namespace === null ? "docker" : "cri";
  return (runtimes.find((runtime) => runtime.kind === kind) ?? runtimes[0])?.id;
}

export const reapOrphanShim = defineRepair({
  id: "reap-orphan-shim",
  title: t("End the orphan shim", "结束孤儿 shim"),
  risk: "disruptive",
  verifies: ["orphan-shim"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const shim = shimOf(ctx);
    const cgroup = ctx.facts.cgroups?.data?.containers.find((c) => c.containerId === ctx.finding.subject);
    const inCgroup = cgroup ? liveProcesses(cgroup, ctx.facts.processes?.data?.shims ?? []).length : 0;
    return [
      factsFresh(ctx, ["processes", "runtimes", "containers", "pods", "cgroups"]),
      stillThere(shim ? `pid ${shim.process.pid} ${shim.name}, state ${shim.state}` : null),
      sameProcessAsFound(ctx, shim?.process),
      runtimesAnswer(ctx),
      {
        id: "runtime-does-not-know",
        title: t("The runtime knows no container, pod or task of this id", "运行时不认识该 id 的容器、Pod 或任务"),
        ok: shim?.known === false,
        detail: shim
          ? shim.known === null
            ? "the runtime could not be asked"
            : `known: ${shim.known}`
          : "no such shim",
      },
      notListed(ctx, ctx.finding.subject),
      {
        id: "no-live-child",
        title: t("Nothing lives under it", "其下没有存活的进程"),
        ok: shim !== undefined && shim.liveChildren === 0 && inCgroup === 0,
        detail: `${shim?.liveChildren ?? "?"} live children, ${inCgroup} live processes in the container's cgroup`,
      },
    ];
  },
  plan: (ctx) => {
    const shim = shimOf(ctx);
    const runtime = shim && runtimeFor(ctx, shim);
    if (!shim || !runtime) return { nothing: t("The shim is gone.", "该 shim 已不存在。") };
    return {
      evidence: { sections: ["process-stack", "processes", "open-files", "containers"], process: shim.process },
      steps: [
        {
          title: t(`End shim ${shim.process.pid}`, `结束 shim 进程 ${shim.process.pid}`),
          action: {
            type: "shim.reap",
            params: { process: shim.process, containerId: shim.containerId, namespace: shim.namespace, runtime },
          },
        },
      ],
      touches: t(
        `Ends process ${shim.process.pid}, the shim of ${shortId(shim.containerId)}, which has no container; no other shim, no container.`,
        `仅结束进程 ${shim.process.pid}（${shortId(shim.containerId)} 的 shim，其容器已不存在）；不触碰其他 shim 和容器。`,
      ),
    };
  },
});
