// Check: the filesystem that holds a runtime's data is read-only; mostly the kernel made it so after an error on the disk.
import { defineCheck } from "./define.ts";
import { t } from "./text.ts";

export const filesystemReadOnly = defineCheck({
  id: "filesystem-read-only",
  title: t("Runtime's filesystem read-only", "运行时所在文件系统只读"),
  area: "storage",
  severity: "critical",
  needs: ["filesystems"],
  raiseAfterMs: 10_000,
  clearAfterMs: 10_000,
  factTtlMs: 180_000,
  thresholds: {},
  suggestion: t(
    "Cordon the node and read the kernel log: after an I/O error the disk needs a check or a replacement, not a remount.",
    "先将节点设为不可调度并查看内核日志：出现 I/O 错误后需要检查或更换磁盘，而不是重新挂载。",
  ),
  repairs: [],
  evaluate: ({ facts }) =>
    facts.filesystems
      // Elsewhere read-only may be meant; where a runtime writes all the time it never is.
      .filter((fs) => fs.readOnly && fs.holds.length > 0)
      .map((fs) => ({
        subject: fs.mountPoint,
        reason: "ReadOnly",
        message: t(
          `${fs.mountPoint}, where ${fs.holds.join(", ")} keeps its data, is read-only: no container can start, none can be stopped cleanly.`,
          `${fs.holds.join("、")} 的数据目录所在的 ${fs.mountPoint} 处于只读状态：无法启动容器，也无法正常停止容器。`,
        ),
        evidence: [
          {
            label: t("The filesystem", "文件系统"),
            source: "filesystems" as const,
            kind: "table" as const,
            columns: ["mount point", "device", "type", "holds"],
            rows: [[fs.mountPoint, fs.device, fs.type, fs.holds.join(", ")]],
          },
        ],
        params: { mountPoint: fs.mountPoint, device: fs.device },
      })),
});
