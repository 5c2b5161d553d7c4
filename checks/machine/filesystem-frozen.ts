// Check: a file system that holds a runtime or the root is frozen (fsfreeze) or does not take changes: every writer on it waits.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";

export const filesystemFrozen = defineCheck({
  id: "filesystem-frozen",
  title: t("File system frozen", "文件系统被冻结"),
  area: "storage",
  severity: "critical",
  needs: ["mountHealth"],
  raiseAfterMs: 10_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  // A busy disk answers late; only the freeze lock itself, or minutes without an answer, count.
  thresholds: { frozenMs: 5_000, stuckMs: 120_000 },
  suggestion: t(
    "Find the backup or snapshot tool that froze it. While it still reads, leave it; when it does not come back, thaw (fsfreeze -u).",
    "查明是哪个备份或快照工具冻结的：它仍在读取时不要解冻；确认不会恢复后再解冻（fsfreeze -u）。",
  ),
  repairs: ["thaw-filesystem"],
  evaluate: ({ facts: { mountHealth }, thresholds, now }) =>
    mountHealth.writable.flatMap((fs) => {
      const waited = fs.since === null ? 0 : now - fs.since;
      const isFrozen = fs.state === "frozen" && waited >= thresholds.frozenMs;
      if (!isFrozen && !(fs.state === "stuck" && waited >= thresholds.stuckMs)) return [];
      const holds = fs.holds.length > 0 ? fs.holds.join(", ") : "–";
      return [
        {
          subject: fs.mountPoint,
          reason: isFrozen ? "Frozen" : "Stuck",
          message: isFrozen
            ? t(
                `${fs.mountPoint} is frozen: whatever writes to it has been waiting for ${age(waited)} or longer.`,
                `${fs.mountPoint} 处于冻结状态：所有写入者已等待至少 ${ageZh(waited)}。`,
              )
            : t(
                `${fs.mountPoint} has not taken a change for ${age(waited)}; it waits in ${fs.waitChannel ?? "an unknown place"}.`,
                `${fs.mountPoint} 已 ${ageZh(waited)}无法写入，等待于 ${fs.waitChannel ?? "未知位置"}。`,
              ),
          evidence: [
            tableOf(
              t("What a change to it waits for", "写入操作在等待什么"),
              "mountHealth",
              ["mount point", "device", "type", "holds", "waits in"],
              [[fs.mountPoint, fs.device, fs.type, holds, fs.waitChannel ?? "–"]],
            ),
          ],
          params: { mountPoint: fs.mountPoint, device: fs.device, state: fs.state },
        },
      ];
    }),
  aliases: ["FilesystemFrozen"],
});
