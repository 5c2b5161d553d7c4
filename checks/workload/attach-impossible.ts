// Check: a container for operation that cannot see the application's processes: debuggers and profilers that attach from it will fail.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";
import { containerOf, whoOf } from "./evidence.ts";
import { opsPods } from "./ops-sidecar-qos.ts";

export const attachImpossible = defineCheck({
  id: "attach-impossible",
  title: t("Sidecar cannot attach to its application", "边车无法附着到应用进程"),
  area: "workload",
  severity: "info",
  needs: ["workload", "containers"],
  raiseAfterMs: 45_000,
  clearAfterMs: 20_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Advice for the platform: share the pid namespace of the pod (shareProcessNamespace: true), or attach from the node across namespaces.",
    "供平台参考：让 Pod 共享 PID 命名空间（shareProcessNamespace: true），或从节点跨命名空间附着。",
  ),
  repairs: [],
  evaluate: ({ facts, all }) =>
    [...opsPods(all, facts.workload.containers)].flatMap(([podId, list]) => {
      const ops = list.filter((c) => c.isOps && c.pidNamespace !== null && !c.isInHostPidNamespace);
      const blind = ops.filter((o) =>
        list.some((c) => !c.isOps && c.pidNamespace !== null && c.pidNamespace !== o.pidNamespace),
      );
      const [first] = blind;
      if (!first) return [];
      const pod = containerOf(all, first.id)?.podName ?? podId.slice(0, 12);
      return [
        {
          subject: podId,
          reason: "PidNamespaceNotShared",
          message: t(
            `In pod ${pod} ${whoOf(all, first.id)} does not see the processes of the containers beside it.`,
            `在 Pod ${pod} 中，${whoOf(all, first.id)} 看不到同 Pod 其他容器的进程。`,
          ),
          evidence: [
            tableOf(
              t("Pid namespaces", "PID 命名空间"),
              "workload",
              ["container", "for operation", "pid namespace"],
              list.map((c) => [whoOf(all, c.id), c.isOps ? "yes" : "no", c.pidNamespace ?? "–"]),
            ),
          ],
          params: { podId },
        },
      ];
    }),
});
