// Check: a pod whose sandbox is gone while one of its containers runs on: the stop was lost, and the pod never ends.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { silentRuntime } from "../runtime-state.ts";
import { age, shortId, t } from "../text.ts";

export const podStuckTerminating = defineCheck({
  id: "pod-stuck-terminating",
  title: t("Pod stuck while ending", "Pod 终止卡住"),
  area: "container",
  severity: "warning",
  needs: ["pods", "containers", "runtimes", "processes"],
  dependsOn: ["runtime-down", "runtime-hung", "shim-hung", "container-frozen", "tasks-stuck"],
  // Longer than the usual grace of 30 s with which a container is stopped.
  raiseAfterMs: 45_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: { startingMs: 60_000 },
  aliases: ["PodStuckTerminating"],
  suggestion: t(
    "Stop the container through the runtime; where that hangs, look for its shim and for tasks stuck in the kernel. A restart of the kubelet makes it try again.",
    "通过运行时停止该容器；若操作卡住，检查其 shim 以及卡在内核中的任务。重启 kubelet 会使其重试。",
  ),
  repairs: [],
  evaluate: ({ facts, thresholds, now }) => {
    const silent = silentRuntime(facts.runtimes);
    if (silent) return { unknown: `${silent} does not answer, so what it lists may be old` };
    const stopped = new Set(facts.processes.shims.filter((shim) => shim.state === "T").map((shim) => shim.containerId));
    return facts.pods
      .filter((pod) => !pod.ready && now - pod.createdAt >= thresholds.startingMs && !stopped.has(pod.id))
      .flatMap((pod) => {
        const running = facts.containers.filter((c) => c.podId === pod.id && c.state === "running");
        if (running.length === 0) return [];
        return [
          {
            subject: pod.id,
            reason: "ContainersOutliveSandbox",
            message: t(
              `Pod ${pod.name} is not ready any more, but ${running.map((c) => c.name).join(", ")} still runs.`,
              `Pod ${pod.name} 已不再就绪，但 ${running.map((c) => c.name).join("、")} 仍在运行。`,
            ),
            evidence: [
              tableOf(
                t("Running containers", "运行中的容器"),
                "containers",
                ["container", "id", "pid", "age"],
                running.map((c) => [c.name, shortId(c.id), c.pid ?? "–", age(now - c.createdAt)]),
              ),
            ],
            params: { podId: pod.id, runtime: pod.runtime },
          },
        ];
      });
  },
});
