// Check: versions of one application share almost nothing: each release is pulled and stored whole.
import { defineCheck } from "../define.ts";
import { bytes, percent, t } from "../text.ts";

export const imageLayersUnshared = defineCheck({
  id: "image-layers-unshared",
  title: t("Versions share no layers", "版本之间几乎不共享镜像层"),
  area: "image",
  severity: "info",
  needs: ["imageLayers"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 900_000,
  thresholds: { sharedRatio: 0.3, bytesMin: 200_000_000 },
  suggestion: t(
    "Keep the base fixed and the application in the last layer; move agents and tools into a sidecar.",
    "固定基础镜像，将应用放在最后一层；把代理与工具移到 sidecar。",
  ),
  repairs: [],
  evaluate: ({ facts: { imageLayers }, thresholds }) => {
    const byRepository = new Map<string, typeof imageLayers>();
    for (const image of imageLayers)
      byRepository.set(image.repository, [...(byRepository.get(image.repository) ?? []), image]);
    return [...byRepository].flatMap(([repository, versions]) => {
      if (versions.length < 2) return [];
      const holders = new Map<string, number>();
      for (const { layers } of versions)
        for (const digest of new Set(layers.map((l) => l.digest))) holders.set(digest, (holders.get(digest) ?? 0) + 1);
      const all = versions.flatMap(({ layers }) => layers);
      const total = all.reduce((sum, layer) => sum + layer.bytes, 0);
      const shared = all
        .filter((layer) => (holders.get(layer.digest) ?? 0) > 1)
        .reduce((sum, layer) => sum + layer.bytes, 0);
      const ratio = total > 0 ? shared / total : 1;
      if (total / versions.length < thresholds.bytesMin || ratio >= thresholds.sharedRatio) return [];
      return [
        {
          subject: repository,
          reason: "LittleShared",
          message: t(
            `${versions.length} versions of ${repository} share ${percent(ratio)} of their ${bytes(total)}.`,
            `${repository} 的 ${versions.length} 个版本共 ${bytes(total)}，仅共享 ${percent(ratio)}。`,
          ),
          evidence: [
            {
              label: t("Versions", "版本"),
              source: "imageLayers" as const,
              kind: "table" as const,
              columns: ["tag", "layers", "bytes"],
              rows: versions
                .slice(0, 20)
                .map(({ tag, layers }) => [tag, layers.length, layers.reduce((sum, l) => sum + l.bytes, 0)]),
            },
          ],
          params: { repository },
          causeKey: `image:${repository}`,
        },
      ];
    });
  },
});
