// Check: an image that was announced for this node is not here yet: the start that is planned will wait for it.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const imageNotPrewarmed = defineCheck({
  id: "image-not-prewarmed",
  title: t("Image not pre-warmed", "镜像未预热"),
  area: "image",
  severity: "info",
  needs: ["distribution"],
  raiseAfterMs: 30_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "Pull it here or to the site's seed, a few nodes at a time, before the release begins.",
    "在发布开始前，分批将镜像拉取到节点或站点种子。",
  ),
  repairs: [],
  evaluate: ({ facts: { distribution } }) =>
    distribution.wantedImages
      .filter(({ isPresent }) => isPresent === false)
      .map(({ image }) => ({
        subject: image,
        reason: "ImageAbsent",
        message: t(`${image} is wanted on this node and is not here.`, `本节点需要预先就绪的镜像 ${image} 尚不存在。`),
        evidence: [
          {
            label: t("Wanted by the agent's configuration", "代理配置要求"),
            source: "distribution",
            kind: "text",
            value: image,
          },
        ],
        params: { image },
        causeKey: `image:${image}`,
      })),
});
