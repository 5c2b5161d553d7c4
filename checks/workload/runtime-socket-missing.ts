// Check: a runtime's daemon runs, but the socket at which it should listen is not there, so that it was not even found as a runtime.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";

export const runtimeSocketMissing = defineCheck({
  id: "runtime-socket-missing",
  title: t("Runtime without its socket", "运行时缺少套接字"),
  area: "runtime",
  severity: "critical",
  needs: ["sandboxes", "modules", "runtimes"],
  dependsOn: ["runtime-down", "runtime-hung"],
  raiseAfterMs: 30_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  // node-problem-detector and EKS leave a daemon alone for its first five minutes.
  thresholds: { startingMs: 300_000 },
  aliases: ["ContainerdSocketMissing", "DockerSocketCannotConnect"],
  suggestion: t(
    "Somebody removed the socket or the folder that holds it (a cleanup of /run). Only a restart of the daemon makes it anew; containers go on under their shims.",
    "有人删除了套接字或其所在目录（例如清理 /run）。只有重启守护进程才会重建；容器由 shim 托管，不受影响。",
  ),
  repairs: ["restart-runtime-without-socket"],
  evaluate: ({ facts, thresholds, now }) =>
    facts.sandboxes.daemons.flatMap((d) => {
      if (d.isSocketThere !== false || d.module === "dockerd") return []; // Docker may listen elsewhere
      // A runtime that was known before is told of as silent.
      if (facts.runtimes.some((r) => r.module === d.module)) return [];
      const module = facts.modules.find((m) => m.name === d.module && m.state === "running");
      if (!module?.process || module.startedAt === null || now - module.startedAt < thresholds.startingMs) return [];
      const upFor = now - module.startedAt;
      return [
        {
          subject: d.module,
          reason: "SocketMissing",
          message: t(
            `${d.module} has been running for ${age(upFor)}, but ${d.socket ?? "its socket"} is not there.`,
            `${d.module} 已运行 ${ageZh(upFor)}，但套接字 ${d.socket ?? ""} 不存在。`,
          ),
          evidence: [
            tableOf(
              t("The daemon", "守护进程"),
              "sandboxes",
              ["daemon", "pid", "socket", "there"],
              [[d.module, module.process.pid, d.socket ?? "–", "no"]],
            ),
          ],
          params: { module: d.module, process: module.process },
        },
      ];
    }),
});
