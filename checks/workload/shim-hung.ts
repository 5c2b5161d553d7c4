// Check: a shim that is stopped (state T): the container runs, but exec, stop, logs and statistics of it hang, and the runtime waits with them.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, shortId, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const shimHung = defineCheck({
  id: "shim-hung",
  title: t("Shim hung", "shim 进程卡住"),
  area: "shim",
  severity: "warning",
  needs: ["processes"],
  // A runtime that is silent itself is the larger fault and is repaired first.
  dependsOn: ["runtime-down", "runtime-hung"],
  raiseAfterMs: 15_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Let the shim go on (SIGCONT). Do not kill it: its containers would be lost to the runtime. A runtime that restarts while a shim is stopped gives its containers up.",
    "让该 shim 继续运行（SIGCONT）。不要杀掉它，否则运行时会失去其容器；在 shim 停止期间重启运行时，运行时会放弃这些容器。",
  ),
  repairs: ["resume-shim"],
  evaluate: ({ facts, all, now }) =>
    facts.processes.shims
      // Of no use any more: that is an orphan, and told so.
      .filter((shim) => shim.state === "T" && !(shim.known === false && shim.liveChildren === 0))
      .map((shim) => ({
        subject: shim.containerId,
        reason: "ShimStopped",
        message: t(
          `Shim ${shim.process.pid} of ${whoOf(all, shim.containerId)} is stopped (state T): nothing that is asked of its containers is answered.`,
          `${whoOf(all, shim.containerId)} 的 shim 进程 ${shim.process.pid} 处于停止状态（T）：对其容器的任何请求都得不到应答。`,
        ),
        evidence: [
          tableOf(
            t("The shim", "shim 进程"),
            "processes",
            ["pid", "name", "id", "state", "age", "live children"],
            [
              [
                shim.process.pid,
                shim.name,
                shortId(shim.containerId),
                shim.state,
                age(now - shim.startedAt),
                shim.liveChildren,
              ],
            ],
          ),
        ],
        params: { process: shim.process, containerId: shim.containerId },
      })),
});
