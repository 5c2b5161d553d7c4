// Check: the node runs out of open files; then every open, socket and pipe of every process fails.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { percent, t } from "../text.ts";

export const filesAlmostGone = defineCheck({
  id: "files-almost-gone",
  title: t("Open files almost gone", "全局打开文件数即将耗尽"),
  area: "kernel",
  severity: "warning",
  needs: ["kernel"],
  raiseAfterMs: 10_000,
  clearAfterMs: 30_000,
  factTtlMs: 180_000,
  thresholds: { raiseRatio: 0.8, clearRatio: 0.7, criticalRatio: 0.95 },
  suggestion: t(
    "Find the process with the most open files (ls /proc/*/fd) and restart it; raise fs.file-max only to get there.",
    "找出打开文件最多的进程（ls /proc/*/fd）并重启它；提高 fs.file-max 只是权宜之计。",
  ),
  repairs: ["raise-file-max"],
  aliases: ["ApproachingMaxOpenFiles", "system_file_descriptors_utilization", "NodeFileDescriptorLimit"],
  evaluate: ({ facts: { kernel }, thresholds, open }) => {
    const { used, max } = kernel.openFiles;
    if (max === 0) return { unknown: "the kernel states no limit for open files" };
    const ratio = used / max;
    if (!isOver(ratio, open.has("files"), thresholds.raiseRatio, thresholds.clearRatio)) return [];
    return [
      {
        subject: "files",
        reason: "OpenFilesNearLimit",
        severity: ratio >= thresholds.criticalRatio ? ("critical" as const) : ("warning" as const),
        message: t(
          `About ${used} of ${max} files are open on this node (${percent(ratio)}).`,
          `本节点已打开约 ${used} 个文件，上限 ${max}（${percent(ratio)}）。`,
        ),
        evidence: [numberOf(t("Used", "已使用"), "kernel", ratio, "ratio", thresholds.raiseRatio)],
        params: { used, max },
      },
    ];
  },
});
