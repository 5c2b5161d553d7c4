// Check: images that no container uses take a lot of space; nothing is wrong yet.
import { defineCheck } from "../define.ts";
import { bytes, t } from "../text.ts";

export const imageUnusedLarge = defineCheck({
  id: "image-unused-large",
  title: t("Unused images take much space", "未使用镜像占用大量空间"),
  area: "image",
  severity: "info",
  needs: ["images"],
  dependsOn: ["disk-almost-full"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { raiseBytes: 100_000_000_000, clearBytes: 80_000_000_000 },
  suggestion: t(
    "Lower the image collector's threshold, or keep them when a release is near: they make it fast.",
    "降低镜像回收阈值；若即将发布，可保留以加快启动。",
  ),
  repairs: [],
  evaluate: ({ facts: { images }, thresholds, open }) => {
    const unused = images.filter((image) => image.usedBy === 0 && !image.pinned);
    const total = unused.reduce((sum, image) => sum + image.sizeBytes, 0);
    if (total < (open.has("images") ? thresholds.clearBytes : thresholds.raiseBytes)) return [];
    const largest = [...unused].sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, 10);
    return [
      {
        subject: "images",
        reason: "UnusedImages",
        message: t(
          `${unused.length} unused images take ${bytes(total)}.`,
          `${unused.length} 个未使用镜像占用 ${bytes(total)}。`,
        ),
        evidence: [
          {
            label: t("Largest", "最大的镜像"),
            source: "images",
            kind: "table",
            columns: ["image", "size"],
            rows: largest.map((image) => [image.tags[0] ?? image.id.slice(0, 19), bytes(image.sizeBytes)]),
          },
        ],
        params: { count: unused.length },
      },
    ];
  },
});
