// Check: containers run from images named "latest" or without a tag: nobody can say what runs, and two nodes may run different things.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";
import { tagOf } from "./names.ts";

export const imageUntagged = defineCheck({
  id: "image-untagged",
  title: t("Containers run from latest", "容器使用 latest 或无标签镜像"),
  area: "image",
  severity: "info",
  needs: ["containers"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["POP-100", "POP-101", "ImageUntagged"],
  suggestion: t("Name a version or, better, a digest.", "请指定版本号，最好使用摘要（digest）。"),
  repairs: [],
  evaluate: ({ facts: { containers } }) => {
    const loose = containers.filter(
      (c) => c.state === "running" && (tagOf(c.image) === "" || tagOf(c.image) === "latest"),
    );
    if (loose.length === 0) return [];
    return [
      {
        subject: "containers",
        reason: "NoVersion",
        message: t(
          `${loose.length} running containers come from images without a version.`,
          `${loose.length} 个运行中的容器使用了没有版本号的镜像。`,
        ),
        evidence: [
          {
            label: t("Containers", "容器"),
            source: "containers",
            kind: "table",
            columns: ["container", "image"],
            rows: loose.slice(0, 20).map((c) => [c.podName ?? c.name, c.image]),
          },
        ],
        params: { images: [...new Set(loose.map((c) => c.image))].slice(0, 50) },
      },
    ];
  },
});
