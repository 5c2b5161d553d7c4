// Check: a container was made with a disk quota that its file system does not enforce: it can fill the node's disk.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { bytes, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const diskquotaNotApplied = defineCheck({
  id: "diskquota-not-applied",
  title: t("Disk quota not applied", "磁盘配额未生效"),
  area: "plugin",
  severity: "warning",
  needs: ["quotas"],
  raiseAfterMs: 40_000,
  clearAfterMs: 20_000,
  factTtlMs: 120_000,
  thresholds: { tolerance: 1.1 },
  suggestion: t(
    "Apply the quota again. Where the file system is not mounted with project quotas (prjquota), plan the remount or reboot in waves: no quota on that node is enforced.",
    "重新设置配额。若文件系统未以项目配额（prjquota）挂载，需分批安排重新挂载或重启：该节点上的配额都不会生效。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds }) => {
    const loose = facts.quotas.filter(
      ({ wantedBytes, limitBytes }) =>
        wantedBytes !== null &&
        limitBytes !== null &&
        (limitBytes === 0 || limitBytes > wantedBytes * thresholds.tolerance),
    );
    return loose.map((quota) => {
      const isUnmounted = quota.isQuotaMounted === false;
      const who = whoOf(all, quota.containerId);
      const limit = quota.limitBytes ?? 0;
      return {
        subject: quota.containerId,
        reason: isUnmounted ? "QuotaNotMounted" : "QuotaNotApplied",
        message: t(
          `Container ${who} shall have ${bytes(quota.wantedBytes ?? 0)} of disk, ${limit === 0 ? "nothing is enforced" : `${bytes(limit)} are enforced`}${isUnmounted ? ": its file system is mounted without project quotas" : ""}.`,
          `容器 ${who} 的磁盘配额应为 ${bytes(quota.wantedBytes ?? 0)}，实际${limit === 0 ? "未生效" : `为 ${bytes(limit)}`}${isUnmounted ? "：文件系统未启用项目配额" : ""}。`,
        ),
        evidence: [
          tableOf(
            t("Disk quota", "磁盘配额"),
            "quotas",
            ["container", "wanted", "enforced", "file system", "mounted with quotas"],
            [
              [
                who,
                bytes(quota.wantedBytes ?? 0),
                limit === 0 ? "–" : bytes(limit),
                `${quota.fileSystem ?? "–"} at ${quota.mountPoint ?? "–"}`,
                quota.isQuotaMounted === null ? "–" : quota.isQuotaMounted ? "yes" : "no",
              ],
            ],
          ),
        ],
        params: { containerId: quota.containerId },
        ...(isUnmounted ? { causeKey: `config:prjquota ${quota.mountPoint ?? "/"}` } : {}),
      };
    });
  },
});
