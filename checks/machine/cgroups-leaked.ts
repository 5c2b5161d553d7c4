// Check: cgroups that are gone are still held by the kernel; memory leaks with them, and on old kernels no new container can start at 65,535.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { t } from "../text.ts";

export const cgroupsLeaked = defineCheck({
  id: "cgroups-leaked",
  title: t("Cgroups leaked", "cgroup 泄漏"),
  area: "cgroup",
  severity: "warning",
  needs: ["kernel"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 180_000,
  thresholds: { raiseCount: 50_000, clearCount: 40_000, dyingRaise: 20_000, dyingClear: 10_000 },
  suggestion: t(
    "Dropping caches gives some back. On kernels before 4.x with kernel memory accounting only a reboot helps: drain, reboot, then move to a newer kernel.",
    "清理缓存可释放一部分。在启用内核内存记账的旧内核（3.10）上只能重启：排空、重启，再升级内核。",
  ),
  repairs: [],
  aliases: ["CgroupLeak", "MemoryCgroupLeak"],
  evaluate: ({ facts: { kernel }, thresholds, open }) => {
    const memory = kernel.cgroups.memory ?? 0;
    const dying = kernel.dyingCgroups ?? 0;
    const isOpen = open.has("cgroups");
    const full = isOver(memory, isOpen, thresholds.raiseCount, thresholds.clearCount);
    if (!full && !isOver(dying, isOpen, thresholds.dyingRaise, thresholds.dyingClear)) return [];
    return [
      {
        subject: "cgroups",
        reason: full ? "CgroupsNearLimit" : "CgroupsDying",
        severity: full ? ("critical" as const) : ("warning" as const),
        message: full
          ? t(
              `${memory} memory cgroups exist; at 65535 no container can be created ("no space left on device").`,
              `已有 ${memory} 个内存 cgroup；达到 65535 后无法再创建容器（“no space left on device”）。`,
            )
          : t(
              `${dying} removed cgroups are still held by the kernel, with the memory that was charged to them.`,
              `内核仍保留 ${dying} 个已删除的 cgroup 及其占用的内存。`,
            ),
        evidence: [
          numberOf(t("Memory cgroups", "内存 cgroup 数"), "kernel", memory, "count", thresholds.raiseCount),
          numberOf(t("Removed but held", "已删除但未释放"), "kernel", dying, "count", thresholds.dyingRaise),
        ],
        params: {},
      },
    ];
  },
});
