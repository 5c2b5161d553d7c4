// Check: a shim that its runtime knows and believes to serve a running container, but that has no child left: the runtime missed the end.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { silentRuntime } from "../runtime-state.ts";
import { age, shortId, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const shimWithoutChildren = defineCheck({
  id: "shim-without-children",
  title: t("Shim without children", "shim 没有子进程"),
  area: "shim",
  severity: "warning",
  needs: ["processes", "containers", "pods", "cgroups", "runtimes"],
  dependsOn: ["runtime-down", "runtime-hung", "shim-hung"],
  raiseAfterMs: 40_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: { startingMs: 60_000 },
  suggestion: t(
    "The container has ended, and nobody was told. Stop and remove it through the runtime; where that hangs, restart the runtime.",
    "容器已结束，但无人得知。请通过运行时停止并移除它；若操作卡住则重启运行时。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, now }) => {
    const silent = silentRuntime(facts.runtimes);
    if (silent) return { unknown: `${silent} does not answer, so what it lists may be old` };
    const alive = new Set(
      facts.cgroups.containers.filter((c) => c.processes.some((p) => p.state !== "Z")).map((c) => c.containerId),
    );
    return facts.processes.shims.flatMap((shim) => {
      const id = shim.containerId;
      // Only shims whose containers are their own children: those of VMs and monitors reparent.
      if (!shim.name.startsWith("containerd-shim-runc") || shim.known !== true || shim.liveChildren > 0) return [];
      if (shim.state === "T" || now - shim.startedAt < thresholds.startingMs) return [];
      const served = facts.containers.filter((c) => (c.id === id || c.podId === id) && c.state === "running");
      const isPodReady = facts.pods.some((pod) => pod.id === id && pod.ready);
      if (served.length === 0 && !isPodReady) return [];
      if (alive.has(id) || served.some((c) => alive.has(c.id))) return [];
      return [
        {
          subject: id,
          reason: "ShimChildless",
          message: t(
            `Shim ${shim.process.pid} of ${whoOf(all, served[0]?.id ?? id)} has no child, but its runtime believes that something runs there.`,
            `${whoOf(all, served[0]?.id ?? id)} 的 shim 进程 ${shim.process.pid} 已没有子进程，但运行时仍认为其中有容器在运行。`,
          ),
          evidence: [
            tableOf(
              t("The shim", "shim 进程"),
              "processes",
              ["pid", "id", "age", "live children", "running in the lists"],
              [[shim.process.pid, shortId(id), age(now - shim.startedAt), 0, served.length]],
            ),
          ],
          params: { process: shim.process, containerId: id },
        },
      ];
    });
  },
});
