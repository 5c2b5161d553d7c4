// Check: starts on this node spend nearly all their time on pulling whole images; on-demand images or pre-warming would make them fast.
import { defineCheck } from "../define.ts";
import { seconds, t } from "../text.ts";

export const imagePulledWhole = defineCheck({
  id: "image-pulled-whole",
  title: t("Starts wait for whole images", "启动时间主要耗在整镜像拉取"),
  area: "image",
  severity: "info",
  needs: ["startup"],
  raiseAfterMs: 30_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { pullShare: 0.8, totalMsMin: 10_000, startsMin: 3 },
  suggestion: t(
    "Convert the image to an on-demand format, or pre-warm it to the site before the release.",
    "将镜像转换为按需加载格式，或在发布前预热到站点。",
  ),
  repairs: [],
  evaluate: ({ facts: { startup }, thresholds }) => {
    const slow = startup.starts.filter(
      (s) => s.pullMs !== null && s.totalMs >= thresholds.totalMsMin && s.pullMs >= s.totalMs * thresholds.pullShare,
    );
    if (slow.length < thresholds.startsMin) return [];
    return [
      {
        subject: "starts",
        reason: "PullDominates",
        message: t(
          `${slow.length} starts of the last half hour spent more than 80% of their time on the pull.`,
          `最近半小时有 ${slow.length} 次启动超过 80% 的时间花在镜像拉取上。`,
        ),
        evidence: [
          {
            label: t("Starts", "启动记录"),
            source: "startup",
            kind: "table",
            columns: ["name", "image", "total s", "pull s"],
            rows: slow.slice(0, 20).map((s) => [s.name, s.image, seconds(s.totalMs), seconds(s.pullMs ?? 0)]),
          },
        ],
        params: { images: [...new Set(slow.map((s) => s.image))].slice(0, 20) },
      },
    ];
  },
});
