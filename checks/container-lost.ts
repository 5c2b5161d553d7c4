// Check: processes live in a container's cgroup, but no runtime lists that container (or lists it as ended): nobody will ever stop them.
import type { FactData } from "../protocol/facts.ts";
import { defineCheck, type Problem } from "./define.ts";
import { silentRuntime } from "./runtime-state.ts";
import { shortId, t } from "./text.ts";

type Cgroup = FactData["cgroups"]["containers"][number];

/** Live processes of a cgroup: zombies hold nothing, shims belong to the runtime. */
export function liveProcesses(cgroup: Cgroup, shims: FactData["processes"]["shims"]): Cgroup["processes"] {
  const shimPids = new Set(shims.map((shim) => shim.process.pid));
  return cgroup.processes.filter((p) => p.state !== "Z" && p.state !== "X" && !shimPids.has(p.pid));
}

/** Those that no other of them started: what they run comes and goes, they stay. */
export function topProcesses(processes: Cgroup["processes"]): Cgroup["processes"] {
  const pids = new Set(processes.map((p) => p.pid));
  const tops = processes.filter((p) => !pids.has(p.ppid) || p.ppid === p.pid);
  return [...(tops.length > 0 ? tops : processes)].sort((a, b) => a.pid - b.pid);
}

/** Why the runtime does not stand behind a container's cgroup, or null when it does. */
export function lostReason(
  containerId: string,
  facts: Pick<FactData, "containers" | "pods" | "processes">,
): "ContainerUnknown" | "ContainerEnded" | null {
  const container = facts.containers.find((c) => c.id === containerId);
  if (container) return container.state === "exited" ? "ContainerEnded" : null;
  if (facts.pods.some((pod) => pod.id === containerId)) return null;
  // A shim with an unknown owner may belong to a runtime that the agent cannot ask (podman without its service, another containerd).
  const shim = facts.processes.shims.find((s) => s.containerId === containerId);
  return shim && shim.known !== false ? null : "ContainerUnknown";
}

export const containerLost = defineCheck({
  id: "container-lost",
  title: t("Container lost by the runtime", "运行时丢失的容器"),
  area: "container",
  severity: "warning",
  needs: ["runtimes", "containers", "pods", "cgroups", "processes"],
  dependsOn: ["runtime-down", "runtime-hung"],
  // Lists and cgroups are read one after the other: a container that is just being made or removed agrees within two looks.
  raiseAfterMs: 25_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "End these processes after proof that no runtime knows the container. Until then they hold its memory, ports and files, and a new copy of the container may fight with them.",
    "确认没有任何运行时认识该容器后结束这些进程。否则它们会继续占用内存、端口和文件，并可能与新建的同名容器冲突。",
  ),
  repairs: ["end-lost-container"],
  evaluate: ({ facts, all }) => {
    if (facts.cgroups.containers.length === 0) return [];
    if (facts.runtimes.length === 0)
      return { unknown: "container cgroups, but no container runtime was found on this node" };
    const silent = silentRuntime(facts.runtimes);
    if (silent) return { unknown: `${silent} does not answer, so what it lists cannot be compared with what lives` };
    const self = new Set([1, all.agent?.data?.pid ?? 1]);
    // What is left of a virtual machine or another sandbox is told, and ended, as such.
    const sandboxed = new Set(
      (all.sandboxes?.data?.processes ?? []).filter((p) => p.isListed === false).map((p) => p.process.pid),
    );
    const byId = new Map<string, { cgroup: Cgroup; processes: Cgroup["processes"] }>();
    for (const cgroup of facts.cgroups.containers) {
      const processes = liveProcesses(cgroup, facts.processes.shims);
      // The agent's own container, where the whole node is one.
      if (processes.length === 0 || processes.some((p) => self.has(p.pid) || sandboxed.has(p.pid))) continue;
      const seen = byId.get(cgroup.containerId);
      if (!seen || processes.length > seen.processes.length) byId.set(cgroup.containerId, { cgroup, processes });
    }
    return [...byId].flatMap(([containerId, { cgroup, processes }]): Problem[] => {
      const reason = lostReason(containerId, facts);
      if (!reason) return [];
      const container = facts.containers.find((c) => c.id === containerId);
      const tops = topProcesses(processes);
      const names = [...new Set(tops.map((p) => p.name))].slice(0, 3).join(", ");
      return [
        {
          subject: containerId,
          reason,
          message:
            reason === "ContainerEnded"
              ? t(
                  `Processes of container ${shortId(containerId)} live on (${names}) although the runtime lists it as exited.`,
                  `运行时显示容器 ${shortId(containerId)} 已退出，但其进程仍然存活（${names}）。`,
                )
              : t(
                  `Processes live in the cgroup of container ${shortId(containerId)} (${names}), which no runtime lists.`,
                  `容器 ${shortId(containerId)} 的 cgroup 中仍有进程存活（${names}），但没有任何运行时列出该容器。`,
                ),
          evidence: [
            {
              label: t("Processes that nobody owns", "无主进程"),
              source: "cgroups",
              kind: "table",
              columns: ["pid", "parent", "name", "state"],
              rows: tops.slice(0, 20).map((p) => [p.pid, p.ppid, p.name, p.state === "R" ? "S" : p.state]),
            },
            { label: t("Cgroup", "cgroup"), source: "cgroups", kind: "text", value: cgroup.path },
            {
              label: t("What the runtime lists", "运行时列表"),
              source: "containers",
              kind: "text",
              value: container
                ? `${container.name}: exited, code ${container.exitCode ?? "?"}`
                : `${facts.containers.length} containers and ${facts.pods.length} pods, not this one`,
            },
          ],
          params: {
            containerId,
            cgroupPath: cgroup.path,
            processes: tops.map(({ pid, startTicks }) => ({ pid, startTicks })),
          },
        },
      ];
    });
  },
});
