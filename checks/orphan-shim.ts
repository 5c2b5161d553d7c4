// Check: a shim that serves nothing: no live child, and the runtime knows no container, pod or task of its id.
import { defineCheck } from "./define.ts";
import { silentRuntime } from "./runtime-state.ts";
import { age, shortId, t } from "./text.ts";

export const orphanShim = defineCheck({
  id: "orphan-shim",
  title: t("Orphan shim", "孤儿 shim 进程"),
  area: "runtime",
  severity: "warning",
  needs: ["runtimes", "processes"],
  dependsOn: ["runtime-down", "runtime-hung"],
  // Two looks of the agent and more: a shim that is just being set up or torn down is gone or known by then.
  raiseAfterMs: 25_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "End the shim after proof that nothing hangs on it. Left alone it holds memory, inotify instances and sometimes the container's name.",
    "确认无任何依赖后结束该 shim。放任不管会占用内存、inotify 实例，有时还会占住容器名。",
  ),
  repairs: ["reap-orphan-shim"],
  evaluate: ({ facts, now }) => {
    const silent = silentRuntime(facts.runtimes);
    if (silent) return { unknown: `${silent} does not answer, so nobody can say which shims it knows` };
    const shims = facts.processes.shims;
    if (shims.length > 0 && shims.every((shim) => shim.known === null)) {
      return { unknown: "no runtime could be asked which shims it knows" };
    }
    return shims
      .filter((shim) => shim.known === false && shim.liveChildren === 0 && shim.state !== "Z")
      .map((shim) => ({
        subject: shim.containerId,
        reason: "ShimWithoutContainer",
        message: t(
          `Shim ${shim.process.pid} serves ${shortId(shim.containerId)}, which the runtime does not know, and has no live child.`,
          `shim 进程 ${shim.process.pid} 对应的 ${shortId(shim.containerId)} 不在运行时记录中，且没有存活的子进程。`,
        ),
        evidence: [
          {
            label: t("The shim", "shim 进程"),
            source: "processes" as const,
            kind: "table" as const,
            columns: [
              "pid",
              "name",
              "id",
              "namespace",
              "state",
              "parent",
              "age",
              "live children",
              "known to the runtime",
            ],
            rows: [
              [
                shim.process.pid,
                shim.name,
                shim.containerId,
                shim.namespace ?? "–",
                shim.state,
                shim.ppid,
                age(now - shim.startedAt),
                shim.liveChildren,
                "no",
              ],
            ],
          },
        ],
        params: { process: shim.process, containerId: shim.containerId, namespace: shim.namespace },
      }));
  },
});
