// Repair: end the processes of a container that no runtime lists any more. Named are those at the top of its cgroup; what they started goes with them.
import { liveProcesses, topProcesses } from "../checks/container-lost.ts";
import { shortId, t } from "../checks/text.ts";
import type { FactData } from "../protocol/facts.ts";
import { defineRepair, type RepairContext } from "./define.ts";
import { factsFresh, notListed, runtimesAnswer, stillThere } from "./guards.ts";
import { textParam } from "./params.ts";

type Cgroup = FactData["cgroups"]["containers"][number];

/** The container's cgroup with its live processes, the path that the finding saw first. */
function lostOf(ctx: RepairContext): { cgroup: Cgroup; processes: Cgroup["processes"] } | undefined {
  const shims = ctx.facts.processes?.data?.shims ?? [];
  const path = textParam(ctx, "cgroupPath");
  return (ctx.facts.cgroups?.data?.containers ?? [])
    .filter((cgroup) => cgroup.containerId === ctx.finding.subject)
    .map((cgroup) => ({ cgroup, processes: topProcesses(liveProcesses(cgroup, shims)) }))
    .filter(({ processes }) => processes.length > 0)
    .sort((a, b) => Number(b.cgroup.path === path) - Number(a.cgroup.path === path))[0];
}

export const endLostContainer = defineRepair({
  id: "end-lost-container",
  title: t("End the lost container's processes", "结束丢失容器的进程"),
  risk: "destructive",
  verifies: ["container-lost"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const lost = lostOf(ctx);
    const shims = ctx.facts.processes?.data?.shims ?? [];
    const shim = shims.find(
      (s) => s.containerId === ctx.finding.subject || lost?.processes.some((p) => p.ppid === s.process.pid),
    );
    const own = ctx.facts.agent?.data?.pid;
    const protectedPid = lost?.processes.find((p) => p.pid <= 1 || p.pid === own)?.pid;
    return [
      factsFresh(ctx, ["cgroups", "containers", "pods", "processes", "runtimes"]),
      stillThere(lost ? `${lost.processes.length} live processes in ${lost.cgroup.path}` : null),
      runtimesAnswer(ctx),
      notListed(ctx, ctx.finding.subject),
      {
        id: "no-shim",
        title: t("No shim stands for it", "没有 shim 代表它"),
        ok: ctx.facts.processes?.data != null && shim === undefined,
        detail: shim
          ? `shim ${shim.process.pid} stands for ${shortId(shim.containerId)}`
          : `none of ${shims.length} shims`,
      },
      {
        id: "not-the-agent",
        title: t("Neither the node's first process nor the agent is in it", "不包含节点的 1 号进程或代理自身"),
        ok: lost !== undefined && protectedPid === undefined,
        detail:
          protectedPid === undefined
            ? `pids ${lost?.processes.map((p) => p.pid).join(", ") ?? "none"}`
            : `pid ${protectedPid} is in it`,
      },
    ];
  },
  plan: (ctx) => {
    const lost = lostOf(ctx);
    if (!lost) return { nothing: t("Its processes have ended.", "其进程已全部结束。") };
    const processes = lost.processes.map(({ pid, startTicks }) => ({ pid, startTicks }));
    return {
      evidence: {
        sections: ["processes", "open-files", "mounts", "kmsg"],
        containerId: ctx.finding.subject,
        process: processes[0],
      },
      steps: [
        {
          title: t(
            `End ${processes.length} process(es), TERM first, KILL after 5 s`,
            `结束 ${processes.length} 个进程：先 TERM，5 秒后 KILL`,
          ),
          action: {
            type: "container.end-lost",
            params: { containerId: ctx.finding.subject, cgroupPath: lost.cgroup.path, processes, graceMs: 5_000 },
          },
        },
      ],
      touches: t(
        `Ends pids ${processes.map((p) => p.pid).join(", ")} of lost container ${shortId(ctx.finding.subject)} and removes its empty cgroup; its files stay.`,
        `结束丢失容器 ${shortId(ctx.finding.subject)} 的进程 ${processes.map((p) => p.pid).join("、")}，并移除其空 cgroup；文件保留。`,
      ),
    };
  },
});
