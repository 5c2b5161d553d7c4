// Check: a user has used up its inotify watches: cgroup and file watchers then fail with "no space left on device" on a disk that has space.
import { defineCheck } from "../define.ts";
import { percent, t } from "../text.ts";
import { usersNear } from "./inotify.ts";

export const inotifyWatchesLow = defineCheck({
  id: "inotify-watches-low",
  title: t("inotify watches almost gone", "inotify 监视即将耗尽"),
  area: "kernel",
  severity: "warning",
  needs: ["kernel"],
  raiseAfterMs: 10_000,
  clearAfterMs: 30_000,
  factTtlMs: 180_000,
  thresholds: { raiseRatio: 0.85, clearRatio: 0.7 },
  suggestion: t(
    "Raise fs.inotify.max_user_watches and persist it in sysctl.d; a process that watches whole source trees belongs in a container with its own user.",
    "提高 fs.inotify.max_user_watches 并在 sysctl.d 中持久化；监视整个目录树的进程应使用独立用户。",
  ),
  repairs: ["raise-inotify-limits"],
  aliases: ["InotifyWatchesExhausted"],
  evaluate: ({ facts: { kernel }, thresholds, open }) =>
    usersNear(kernel.inotify, "watches", open, thresholds).map(({ subject, uid, used, max, evidence }) => ({
      subject,
      reason: "WatchesNearLimit",
      message: t(
        `User ${uid} holds ${used} of ${max} inotify watches (${percent(used / max)}); then watching fails with "no space left on device".`,
        `用户 ${uid} 已占用 ${used} / ${max} 个 inotify 监视（${percent(used / max)}）；耗尽后会报 “no space left on device”。`,
      ),
      evidence,
      params: { key: "fs.inotify.max_user_watches", uid, used, max },
    })),
});
