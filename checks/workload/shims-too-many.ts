// Check: far more shims than pods and containers: each holds memory and, on cgroup v2, an inotify instance of root's few.
import { defineCheck } from "../define.ts";
import { numberOf, tableOf } from "../parts.ts";
import { silentRuntime } from "../runtime-state.ts";
import { t } from "../text.ts";

export const shimsTooMany = defineCheck({
  id: "shims-too-many",
  title: t("Too many shims", "shim 进程过多"),
  area: "shim",
  severity: "warning",
  needs: ["processes", "containers", "pods", "runtimes"],
  dependsOn: ["runtime-down", "runtime-hung", "orphan-shim"],
  raiseAfterMs: 30_000,
  clearAfterMs: 20_000,
  factTtlMs: 90_000,
  thresholds: { spare: 20, factor: 2 },
  suggestion: t(
    "Find out whose they are: another containerd, an engine that is not watched here, or containers that were never removed.",
    "查明它们属于谁：另一个 containerd、此处未监控的引擎，或从未清理的容器。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds }) => {
    const silent = silentRuntime(facts.runtimes);
    if (silent) return { unknown: `${silent} does not answer, so nobody can say which shims it needs` };
    const shims = facts.processes.shims;
    // One shim a pod, or one a container where there are no pods (and for containers that are made, but not started).
    const alone = facts.containers.filter((c) => c.podId === null && c.state !== "exited").length;
    const expected = facts.pods.filter((pod) => pod.ready).length + alone;
    const most = expected * thresholds.factor + thresholds.spare;
    if (shims.length <= most) return [];
    const kinds = new Map<string, number>();
    for (const shim of shims) {
      const key = `${shim.name} ${shim.namespace ?? ""}`.trim();
      kinds.set(key, (kinds.get(key) ?? 0) + 1);
    }
    return [
      {
        subject: "shims",
        reason: "ShimsTooMany",
        message: t(
          `${shims.length} shims run for ${expected} pods and containers.`,
          `${expected} 个 Pod 和容器对应着 ${shims.length} 个 shim 进程。`,
        ),
        evidence: [
          numberOf(t("Shims", "shim 进程数"), "processes", shims.length, "count", most),
          numberOf(
            t("inotify instances of a user", "每用户 inotify 实例上限"),
            "limits",
            all.limits?.data?.inotifyInstancesMax ?? 0,
            "count",
          ),
          tableOf(
            t("By kind and namespace", "按类型与命名空间统计"),
            "processes",
            ["shim", "count"],
            [...kinds].sort((a, b) => b[1] - a[1]),
          ),
        ],
        params: { count: shims.length },
      },
    ];
  },
});
