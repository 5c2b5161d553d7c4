// Check: a container runs from an image of a registry that the node's configuration does not allow.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";
import { registryOf } from "./names.ts";

export const imageRegistryNotAllowed = defineCheck({
  id: "image-registry-not-allowed",
  title: t("Image from a registry that is not allowed", "镜像来自未授权的仓库"),
  area: "image",
  severity: "warning",
  needs: ["distribution", "containers"],
  raiseAfterMs: 15_000,
  clearAfterMs: 15_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "Copy the image into an allowed registry and change the workload, or allow the registry.",
    "将镜像同步到授权仓库并修改工作负载，或将该仓库加入授权列表。",
  ),
  repairs: [],
  evaluate: ({ facts: { distribution, containers } }) => {
    const allowed = distribution.allowedRegistries;
    if (allowed === null) return [];
    const foreign = containers.filter((c) => {
      const registry = registryOf(c.image);
      return (
        c.state === "running" &&
        registry !== null &&
        !allowed.some((name) => name === registry || registry.endsWith(`.${name}`))
      );
    });
    const registries = [...new Set(foreign.map((c) => registryOf(c.image) ?? ""))];
    return registries.map((registry) => ({
      subject: registry,
      reason: "RegistryNotAllowed",
      message: t(
        `Containers run from ${registry}, which is not among the allowed registries.`,
        `有容器来自 ${registry}，该仓库不在授权列表中。`,
      ),
      evidence: [
        {
          label: t("Containers", "容器"),
          source: "containers" as const,
          kind: "table" as const,
          columns: ["container", "image"],
          rows: foreign
            .filter((c) => registryOf(c.image) === registry)
            .slice(0, 20)
            .map((c) => [c.podName ?? c.name, c.image]),
        },
      ],
      params: { registry },
    }));
  },
});
