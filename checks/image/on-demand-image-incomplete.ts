// Check: a container's image is still read over the network long after its start; if its source goes away, its I/O hangs.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const onDemandImageIncomplete = defineCheck({
  id: "on-demand-image-incomplete",
  title: t("On-demand image not complete on the node", "按需加载镜像尚未下载完整"),
  area: "image",
  severity: "warning",
  needs: ["distribution"],
  // The agent calls a device old after ten minutes.
  raiseAfterMs: 10_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "Let the background copy go on or take its throttle off. Until it is complete do not drain or restart what the image is read from.",
    "恢复后台下载或放宽限速。下载完成前，不要下线或重启镜像数据源。",
  ),
  repairs: [],
  evaluate: ({ facts: { distribution } }) => {
    const slow = (distribution.onDemand?.devices ?? []).filter((device) => device.state === "remote" && device.isOld);
    if (slow.length === 0) return [];
    return [
      {
        subject: distribution.onDemand?.module ?? "overlaybd",
        reason: "BackgroundCopyUnfinished",
        message: t(
          `${slow.length} on-demand images are not complete on this node after ten minutes: their containers hang if the source goes away.`,
          `${slow.length} 个按需加载镜像在十分钟后仍未下载完整：数据源一旦不可用，其容器的 IO 将挂起。`,
        ),
        evidence: [
          {
            label: t("Devices", "设备"),
            source: "distribution",
            kind: "table",
            columns: ["device", "container", "state"],
            rows: slow.slice(0, 20).map((d) => [d.name, d.containerId ?? "–", d.state]),
          },
        ],
        params: { devices: slow.slice(0, 100).map((d) => d.name) },
      },
    ];
  },
});
