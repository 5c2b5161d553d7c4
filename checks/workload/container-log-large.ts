// Check: a container's log file that nobody rotates and that takes a good part of its disk.
import type { FactData } from "../../protocol/facts.ts";
import { defineCheck } from "../define.ts";
import { numberOf, tableOf } from "../parts.ts";
import { bytes, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

const MIB = 1_048_576;

export const containerLogLarge = defineCheck({
  id: "container-log-large",
  title: t("Container log too large", "容器日志过大"),
  area: "container",
  severity: "warning",
  needs: ["containerLogs"],
  raiseAfterMs: 0,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: { raiseBytes: 512 * MIB, raiseShare: 0.1, smallestBytes: 16 * MIB, clearFactor: 0.5 },
  suggestion: t(
    "Cut the log to its last part and switch rotation on (kubelet containerLogMaxSize, Docker max-size); ask the owner why it writes so much.",
    "将日志截断，只保留末尾部分，并启用轮转（kubelet 的 containerLogMaxSize、Docker 的 max-size）；同时询问负责人为何写入这么多日志。",
  ),
  repairs: ["trim-container-log"],
  evaluate: ({ facts, all, thresholds, open }) =>
    facts.containerLogs.flatMap((log) => {
      const limit = logLimit(log, thresholds);
      if (log.sizeBytes < (open.has(log.containerId) ? limit * thresholds.clearFactor : limit)) return [];
      const who = whoOf(all, log.containerId);
      return [
        {
          subject: log.containerId,
          reason: log.rotatedCount > 0 ? "RotationTooSlow" : "NotRotated",
          message: t(
            `The log of container ${who} has ${bytes(log.sizeBytes)}${log.rotatedCount > 0 ? ", faster than it is rotated" : " and is not rotated"}.`,
            `容器 ${who} 的日志已达 ${bytes(log.sizeBytes)}，${log.rotatedCount > 0 ? "写入快于轮转" : "且没有轮转"}。`,
          ),
          evidence: [
            numberOf(t("Size", "大小"), "containerLogs", log.sizeBytes, "bytes", limit),
            tableOf(
              t("The log", "日志文件"),
              "containerLogs",
              ["file", "file system", "of", "grows a minute", "older pieces"],
              [
                [
                  log.path,
                  log.mountPoint ?? "–",
                  log.filesystemBytes === null ? "–" : bytes(log.filesystemBytes),
                  log.growthBytesPerMinute === null ? "–" : bytes(log.growthBytesPerMinute),
                  log.rotatedCount,
                ],
              ],
            ),
          ],
          params: { containerId: log.containerId, path: log.path },
        },
      ];
    }),
});

/** From which size on a log is too large: half a GiB, or a tenth of a small disk, but never a few MiB. */
export function logLimit(
  log: Pick<FactData["containerLogs"][number], "filesystemBytes">,
  { raiseBytes, raiseShare, smallestBytes }: { raiseBytes: number; raiseShare: number; smallestBytes: number },
): number {
  const share = log.filesystemBytes === null ? raiseBytes : log.filesystemBytes * raiseShare;
  return Math.max(smallestBytes, Math.min(raiseBytes, share));
}
