// Check: the kernel crashed within the last week and left a dump: look at it before the node gets work that matters.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, bytes, t } from "../text.ts";

export const crashDumpFound = defineCheck({
  id: "crash-dump-found",
  title: t("Kernel crash dump", "发现内核崩溃转储"),
  area: "kernel",
  severity: "warning",
  needs: ["kernel"],
  raiseAfterMs: 0,
  clearAfterMs: 0,
  factTtlMs: 180_000,
  thresholds: { youngMs: 7 * 86_400_000, repeated: 2 },
  suggestion: t(
    "Keep the node cordoned until the dump's log (vmcore-dmesg) is read. The same crash after two reboots asks for a hardware inspection, not for a third.",
    "在读过转储日志（vmcore-dmesg）之前保持节点不可调度。重启两次后仍同样崩溃，应做硬件检查，而不是第三次重启。",
  ),
  repairs: [],
  aliases: ["KernelPanic", "VMcore", "kdump"],
  evaluate: ({ facts: { kernel }, thresholds, now }) => {
    const young = kernel.crashDumps.filter((dump) => now - dump.at < thresholds.youngMs);
    const [newest] = young;
    if (!newest) return [];
    return [
      {
        subject: "kernel",
        reason: young.length >= thresholds.repeated ? "CrashedRepeatedly" : "Crashed",
        message: t(
          `The kernel crashed ${young.length} time(s) within a week, last ${age(now - newest.at)} ago.`,
          `一周内内核崩溃 ${young.length} 次，最近一次在 ${ageZh(now - newest.at)}前。`,
        ),
        evidence: [
          tableOf(
            t("Dumps", "转储文件"),
            "kernel",
            ["file", "age", "size"],
            [...young.map((dump) => [dump.path, age(now - dump.at), bytes(dump.sizeBytes)])],
          ),
        ],
        params: { path: newest.path },
      },
    ];
  },
});
