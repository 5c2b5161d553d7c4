// Check: a disk is busy all the time and its requests wait long: whatever syncs on this node is slow.
import { defineCheck } from "../define.ts";
import { numberOf } from "../parts.ts";
import { percent, t } from "../text.ts";

export const diskBusy = defineCheck({
  id: "disk-busy",
  title: t("Disk saturated", "磁盘饱和"),
  area: "storage",
  severity: "info",
  needs: ["blockDevices"],
  raiseAfterMs: 45_000,
  clearAfterMs: 45_000,
  factTtlMs: 120_000,
  // Busy alone says little of a disk that serves many requests at once; waiting does.
  thresholds: { raiseRatio: 0.95, clearRatio: 0.8, raiseAwaitMs: 500, clearAwaitMs: 100, slowAwaitMs: 2_000 },
  suggestion: t(
    "Find the writer (io.stat of the cgroups, iotop) and give it an I/O limit, or the node a faster disk.",
    "找出写入者（cgroup 的 io.stat、iotop）并为其设置 I/O 限额，或为节点更换更快的磁盘。",
  ),
  repairs: [],
  aliases: ["10min_disk_utilization", "10min_disk_backlog", "HostUnusualDiskIo"],
  evaluate: ({ facts: { blockDevices }, thresholds, open }) =>
    blockDevices.disks.flatMap((disk) => {
      const { busyRatio, awaitMs } = disk;
      if (busyRatio === null || awaitMs === null) return [];
      const isOpen = open.has(disk.name);
      const busy = busyRatio >= (isOpen ? thresholds.clearRatio : thresholds.raiseRatio);
      if (!busy || awaitMs < (isOpen ? thresholds.clearAwaitMs : thresholds.raiseAwaitMs)) return [];
      return [
        {
          subject: disk.name,
          reason: "Saturated",
          severity: awaitMs >= thresholds.slowAwaitMs ? ("warning" as const) : ("info" as const),
          message: t(
            `${disk.name} is busy ${percent(busyRatio)} of the time and a request takes up to ${awaitMs} ms.`,
            `${disk.name} 有 ${percent(busyRatio)} 的时间处于繁忙状态，单个请求耗时可达 ${awaitMs} 毫秒。`,
          ),
          evidence: [
            numberOf(t("Busy", "繁忙时间占比"), "blockDevices", busyRatio, "ratio", thresholds.raiseRatio),
            numberOf(t("Time of a request", "请求耗时"), "blockDevices", awaitMs, "ms", thresholds.raiseAwaitMs),
            numberOf(t("Requests under way", "在途请求数"), "blockDevices", disk.queue ?? 0, "count"),
          ],
          params: { device: disk.name },
        },
      ];
    }),
});
