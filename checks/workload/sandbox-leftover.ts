// Check: pod sandboxes that are not ready and have no running container, and that nobody will remove: they hold addresses, mounts and records.
import type { FactData, Facts } from "../../protocol/facts.ts";
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { silentRuntime } from "../runtime-state.ts";
import { age, shortId, t } from "../text.ts";
import { isForKubelet } from "./evidence.ts";

type Pod = FactData["pods"][number];

/** Where no kubelet owns them; where one does, that it has had long enough. */
export const LEFTOVER_MS = 60_000;
export const LEFTOVER_WITH_KUBELET_MS = 600_000;

/** When the last sign of life of a sandbox was: its creation, or the end of its last container. */
const lastLife = (pod: Pod, containers: FactData["containers"]): number =>
  Math.max(pod.createdAt, ...containers.filter((c) => c.podId === pod.id).map((c) => c.finishedAt ?? c.createdAt));

/**
 * Dead sandboxes by runtime. A kubelet keeps the last sandbox of a pod that still exists (a job that is done) for its logs and exit codes, so of its
 * pods only those count that have no container at all and a younger sandbox of the same pod. Whether it runs at this moment is of no account.
 */
export function leftoverSandboxes(all: Facts, now: number): Map<string, Pod[]> {
  const pods = all.pods?.data ?? [];
  const containers = all.containers?.data ?? [];
  const found = new Map<string, Pod[]>();
  for (const pod of pods) {
    const kubelet = isForKubelet(all, pod);
    const own = containers.filter((c) => c.podId === pod.id);
    const isAlive = own.some((c) => c.state !== "exited");
    const isOld = now - lastLife(pod, containers) >= (kubelet ? LEFTOVER_WITH_KUBELET_MS : LEFTOVER_MS);
    const isSuperseded =
      pod.uid !== "" && pods.some((p) => p.runtime === pod.runtime && p.uid === pod.uid && p.createdAt > pod.createdAt);
    if (pod.ready || isAlive || !isOld || (kubelet && (own.length > 0 || !isSuperseded))) continue;
    found.set(pod.runtime, [...(found.get(pod.runtime) ?? []), pod]);
  }
  return found;
}

export const sandboxLeftover = defineCheck({
  id: "sandbox-leftover",
  title: t("Dead pod sandboxes left behind", "残留的失效 Pod 沙箱"),
  area: "sandbox",
  severity: "warning",
  needs: ["pods", "containers", "runtimes"],
  dependsOn: ["runtime-down", "runtime-hung", "cni-broken", "kubelet-down"],
  raiseAfterMs: 20_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: { leftoverMs: LEFTOVER_MS, leftoverWithKubeletMs: LEFTOVER_WITH_KUBELET_MS },
  suggestion: t(
    "Remove exactly these sandboxes. Their exited containers and logs go with them: read what you still need first.",
    "只移除这些沙箱。其中已退出的容器及日志会一并消失：如仍有需要请先查看。",
  ),
  repairs: ["remove-dead-sandboxes"],
  evaluate: ({ facts, all, now }) => {
    const silent = silentRuntime(facts.runtimes);
    if (silent) return { unknown: `${silent} does not answer, so what it lists may be old` };
    return [...leftoverSandboxes(all, now)].map(([runtime, pods]) => ({
      subject: runtime,
      reason: "SandboxNotReady",
      message: t(
        `${pods.length} sandbox(es) of ${runtime} are not ready, have no running container and stay, first ${pods[0]?.name ?? ""}.`,
        `${runtime} 有 ${pods.length} 个沙箱未就绪、没有运行中的容器且一直残留，例如 ${pods[0]?.name ?? ""}。`,
      ),
      evidence: [
        tableOf(
          t("Dead sandboxes", "失效的沙箱"),
          "pods",
          ["pod", "namespace", "id", "age", "exited containers"],
          pods.map((pod) => [
            pod.name,
            pod.namespace,
            shortId(pod.id),
            age(now - pod.createdAt),
            facts.containers.filter((c) => c.podId === pod.id).length,
          ]),
        ),
      ],
      params: { runtime, pods: pods.map((pod) => pod.id).slice(0, 5_000) },
    }));
  },
});
