// Repair: cut a container's log to its last part, in place, so that the space comes back while the runtime goes on writing.
import { bytes, t } from "../../checks/text.ts";
import { containerLogLarge, logLimit } from "../../checks/workload/container-log-large.ts";
import { whoOf } from "../../checks/workload/evidence.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, stillThere } from "../guards.ts";
import { textParam } from "../params.ts";

const MIB = 1_048_576;
/** As much as a reader needs; of a smaller limit an eighth. */
const KEEP_BYTES = 16 * MIB;

const logOf = (ctx: RepairContext) =>
  ctx.facts.containerLogs?.data?.find((log) => log.containerId === ctx.finding.subject);

export const trimContainerLog = defineRepair({
  id: "trim-container-log",
  title: t("Cut the log to its last part", "截断日志，仅保留末尾"),
  risk: "destructive",
  verifies: ["container-log-large"],
  settleMs: 2_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const log = logOf(ctx);
    const limit = log ? logLimit(log, containerLogLarge.thresholds) * containerLogLarge.thresholds.clearFactor : 0;
    return [
      factsFresh(ctx, ["containerLogs"]),
      stillThere(log && log.sizeBytes >= limit ? `${log.path}: ${bytes(log.sizeBytes)}` : null),
      {
        id: "same-file",
        title: t("It is still the file that was found", "仍是当初发现的文件"),
        ok: log !== undefined && log.path === textParam(ctx, "path"),
        detail: log ? log.path : "no log of that container is known",
      },
    ];
  },
  plan: (ctx) => {
    const log = logOf(ctx);
    if (!log) return { nothing: t("The log is gone.", "该日志已不存在。") };
    const keepBytes = Math.floor(Math.min(KEEP_BYTES, logLimit(log, containerLogLarge.thresholds) / 8));
    if (log.sizeBytes <= keepBytes) return { nothing: t("The log is short already.", "该日志已足够小。") };
    return {
      evidence: { sections: ["disk", "containers"], containerId: log.containerId, path: log.mountPoint ?? "/" },
      steps: [
        {
          title: t(`Keep the last ${bytes(keepBytes)} of ${log.path}`, `保留 ${log.path} 末尾的 ${bytes(keepBytes)}`),
          action: { type: "log.trim", params: { path: log.path, containerId: log.containerId, keepBytes } },
        },
      ],
      touches: t(
        `Earlier lines of the log of ${whoOf(ctx.facts, log.containerId)} are lost for good; the container goes on.`,
        `${whoOf(ctx.facts, log.containerId)} 较早的日志将永久丢失；容器继续运行。`,
      ),
    };
  },
});
