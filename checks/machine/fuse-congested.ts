// Check: requests pile up on a FUSE file system: its daemon is slow or stands still, its readers wait.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const fuseCongested = defineCheck({
  id: "fuse-congested",
  title: t("FUSE file system congested", "FUSE 文件系统拥塞"),
  area: "storage",
  severity: "warning",
  needs: ["mountHealth"],
  dependsOn: ["lxcfs-dead"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.9, clearRatio: 0.5, backgroundRatio: 0.8 },
  suggestion: t(
    "See whether its daemon runs and what it waits for; restart it only with a plan for the mounts that die with it.",
    "确认其守护进程是否在运行、在等待什么；重启会使挂载失效，须先有恢复方案。",
  ),
  repairs: [],
  aliases: ["FuseConnectionCongested"],
  evaluate: ({ facts: { mountHealth }, thresholds, open }) =>
    mountHealth.fuse.flatMap((fuse) => {
      const subject = fuse.mountPoint ?? `connection ${fuse.connection}`;
      const { clearRatio, raiseRatio, backgroundRatio } = thresholds;
      const level = open.has(subject)
        ? fuse.congestionThreshold * clearRatio
        : Math.max(fuse.congestionThreshold * raiseRatio, fuse.maxBackground * backgroundRatio);
      if (level === 0 || fuse.waiting <= level) return [];
      return [
        {
          subject,
          reason: "RequestsWaiting",
          message: t(
            `${fuse.waiting} requests wait on ${subject}; it counts as congested from ${fuse.congestionThreshold} on.`,
            `${subject} 上有 ${fuse.waiting} 个请求在等待，拥塞阈值为 ${fuse.congestionThreshold}。`,
          ),
          evidence: [
            tableOf(
              t("Connection", "连接"),
              "mountHealth",
              ["mount point", "type", "waiting", "congested from", "at most in background"],
              [[subject, fuse.type ?? "–", fuse.waiting, fuse.congestionThreshold, fuse.maxBackground]],
            ),
          ],
          params: { connection: fuse.connection },
        },
      ];
    }),
});
