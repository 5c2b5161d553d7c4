// Check: an old Java in a container with a memory limit and without heap options: it sizes its heap by the node's memory and is ended for it.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { bytes, t } from "../text.ts";
import { imageCause, whoOf } from "./evidence.ts";

/** Older than 8u191 and 10, from which on Java reads the control group's limit (JDK-8146115). */
export function ignoresCgroups(version: string): boolean {
  const old = /^1\.(\d+)\.0(?:_(\d+))?/.exec(version);
  if (old) return Number(old[1]) < 8 || (Number(old[1]) === 8 && Number(old[2] ?? 0) < 191);
  const major = Number(/^(\d+)/.exec(version)?.[1] ?? Number.NaN);
  return major === 9;
}

export const jvmSeesHostMemory = defineCheck({
  id: "jvm-sees-host-memory",
  title: t("Java sizes its heap by the node's memory", "Java 按节点内存设定堆大小"),
  area: "workload",
  severity: "info",
  needs: ["workload"],
  raiseAfterMs: 45_000,
  clearAfterMs: 20_000,
  factTtlMs: 90_000,
  thresholds: { shareOfMemory: 0.25 },
  suggestion: t(
    "Advice for the application's owner: set -Xmx (or MaxRAMPercentage with a Java that knows containers), or have lxcfs bound into the container.",
    "供应用负责人参考：设置 -Xmx（或在支持容器的 Java 上使用 MaxRAMPercentage），或为容器启用 lxcfs。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds }) => {
    const node = all.identity?.data?.memoryBytes ?? null;
    if (node === null) return [];
    return facts.workload.containers.flatMap(({ id, jvm, memoryLimitBytes: limit, isLxcfsBound }) => {
      const version = jvm?.version ?? null;
      if (!jvm || version === null || jvm.isHeapSet || isLxcfsBound || !ignoresCgroups(version)) return [];
      // Java takes a quarter of what it sees.
      if (limit === null || node * thresholds.shareOfMemory <= limit) return [];
      const who = whoOf(all, id);
      return [
        {
          subject: id,
          reason: "HeapByNodeMemory",
          message: t(
            `Java ${version} in container ${who} may grow its heap to ${bytes(node * thresholds.shareOfMemory)}, its limit is ${bytes(limit)}.`,
            `容器 ${who} 中的 Java ${version} 可能把堆扩大到 ${bytes(node * thresholds.shareOfMemory)}，而上限只有 ${bytes(limit)}。`,
          ),
          evidence: [
            tableOf(
              t("The container", "容器"),
              "workload",
              ["container", "Java", "heap options", "limit", "memory that it sees"],
              [[who, version, "none", bytes(limit), bytes(node)]],
            ),
          ],
          params: { containerId: id },
          causeKey: imageCause(all, id),
        },
      ];
    });
  },
});
