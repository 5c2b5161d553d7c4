// Check: a user (mostly root) has used up its inotify instances: kubelet, containerd's CRI plugin and shims then fail with "too many open files".
import { defineCheck } from "../define.ts";
import { percent, t } from "../text.ts";
import { usersNear } from "./inotify.ts";

export const inotifyInstancesLow = defineCheck({
  id: "inotify-instances-low",
  title: t("inotify instances almost gone", "inotify 实例即将耗尽"),
  area: "kernel",
  severity: "warning",
  needs: ["kernel"],
  raiseAfterMs: 10_000,
  clearAfterMs: 30_000,
  factTtlMs: 180_000,
  thresholds: { raiseRatio: 0.85, clearRatio: 0.7 },
  suggestion: t(
    "Raise fs.inotify.max_user_instances and persist it in sysctl.d; 128, the kernel's default, is too few for a container node.",
    "提高 fs.inotify.max_user_instances 并在 sysctl.d 中持久化；内核默认的 128 对容器节点来说太少。",
  ),
  repairs: ["raise-inotify-limits"],
  aliases: ["InotifyInstancesExhausted"],
  evaluate: ({ facts: { kernel }, thresholds, open }) =>
    usersNear(kernel.inotify, "instances", open, thresholds).map(({ subject, uid, used, max, evidence }) => ({
      subject,
      reason: "InstancesNearLimit",
      message: t(
        `User ${uid} holds ${used} of ${max} inotify instances (${percent(used / max)}); then runtimes and kubelet fail with "too many open files".`,
        `用户 ${uid} 已占用 ${used} / ${max} 个 inotify 实例（${percent(used / max)}）；耗尽后运行时和 kubelet 会报 “too many open files”。`,
      ),
      evidence,
      params: { key: "fs.inotify.max_user_instances", uid, used, max },
    })),
});
