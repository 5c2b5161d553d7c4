// Check: a container for operation stands beside an application with resources that endanger it: the application should be Guaranteed, the helper
// Burstable, and both within what the pod may use.
import type { FactData, Facts } from "../../protocol/facts.ts";
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";
import { containerOf, type Seen, whoOf } from "./evidence.ts";

/** Requests come back from the kernel's shares with a rounding error of this share. */
const ROUNDING = 0.03;

const isSame = (a: number, b: number): boolean => Math.abs(a - b) <= Math.max(a, b) * ROUNDING + 1;

/** Containers by pod, only of pods that have a container for operation beside another one. */
export function opsPods(all: Facts, seen: FactData["workload"]["containers"]): Map<string, Seen[]> {
  const pods = new Map<string, Seen[]>();
  for (const item of seen) {
    const podId = containerOf(all, item.id)?.podId;
    if (podId) pods.set(podId, [...(pods.get(podId) ?? []), item]);
  }
  for (const [id, list] of pods) if (!list.some((c) => c.isOps) || list.every((c) => c.isOps)) pods.delete(id);
  return pods;
}

/** What is wrong with the resources of one container of such a pod, empty when nothing is. */
function faults(c: Seen): string[] {
  const { cpuRequestMillis: wanted, cpuLimitMillis: limit, isOps, memoryLimitBytes } = c;
  if (isOps) {
    const isGuaranteed = wanted !== null && limit !== null && isSame(wanted, limit);
    return [
      ...(limit === null ? ["no CPU limit"] : []),
      ...(memoryLimitBytes === null ? ["no memory limit"] : []),
      ...(isGuaranteed ? ["keeps all of its CPU for itself"] : []),
    ];
  }
  return [
    ...(limit === null
      ? ["no CPU limit"]
      : wanted !== null && !isSame(wanted, limit)
        ? ["CPU request below its limit"]
        : []),
    ...(memoryLimitBytes === null ? ["no memory limit"] : []),
  ];
}

export const opsSidecarQos = defineCheck({
  id: "ops-sidecar-qos",
  title: t("Operation sidecar endangers its application", "运维边车影响应用的 QoS"),
  area: "workload",
  severity: "info",
  needs: ["workload", "containers"],
  raiseAfterMs: 45_000,
  clearAfterMs: 30_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Advice for the platform: the application's request equals its limit (Guaranteed); the sidecar asks for less than its limit (Burstable); limit the pod as a whole so that both stay within the application's share.",
    "供平台参考：应用容器 request 等于 limit（Guaranteed）；边车 request 小于 limit（Burstable）；并为 Pod 整体设限，使两者之和不超过应用的额度。",
  ),
  repairs: [],
  evaluate: ({ facts, all }) =>
    [...opsPods(all, facts.workload.containers)].flatMap(([podId, list]) => {
      const rows = list.map((c) => ({ c, wrong: faults(c) }));
      const isUnbound = list.some((c) => c.isOps && c.podCpuLimitMillis === null && c.podMemoryLimitBytes === null);
      if (!isUnbound && rows.every(({ wrong }) => wrong.length === 0)) return [];
      const pod = containerOf(all, list[0]?.id ?? "")?.podName ?? podId.slice(0, 12);
      return [
        {
          subject: podId,
          reason: isUnbound ? "PodUnbound" : "SidecarQos",
          message: t(
            `Pod ${pod} has an operation sidecar, and ${isUnbound ? "nothing limits the pod as a whole" : "its resources endanger the application"}.`,
            `Pod ${pod} 带有运维边车，${isUnbound ? "但 Pod 整体没有上限" : "其资源配置会影响应用"}。`,
          ),
          evidence: [
            tableOf(
              t("Containers of the pod", "Pod 的容器"),
              "workload",
              ["container", "for operation", "CPU request", "CPU limit", "what is wrong"],
              rows.map(({ c, wrong }) => [
                whoOf(all, c.id),
                c.isOps ? "yes" : "no",
                c.cpuRequestMillis ?? "–",
                c.cpuLimitMillis ?? "–",
                wrong.join(", ") || "–",
              ]),
            ),
          ],
          params: { podId },
        },
      ];
    }),
});
