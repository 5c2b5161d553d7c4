// Check: a mirror that the runtime is told to use cannot be reached: every pull waits for its timeout first.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

const hostOf = (url: string): string => url.replace(/^https?:\/\//, "").split("/")[0] ?? url;

export const registryMirrorDown = defineCheck({
  id: "registry-mirror-down",
  title: t("Registry mirror unreachable", "镜像仓库镜像站不可达"),
  area: "image",
  severity: "warning",
  needs: ["distribution"],
  raiseAfterMs: 20_000,
  clearAfterMs: 20_000,
  factTtlMs: 120_000,
  thresholds: { failuresMin: 3 },
  suggestion: t(
    "Mend the mirror or take it out of the runtime's configuration; where many nodes say so, it is the mirror or the way to it.",
    "修复镜像站，或将其从运行时配置中移除；若多个节点同时报告，则是镜像站或网络路径的问题。",
  ),
  repairs: [],
  evaluate: ({ facts: { distribution }, thresholds }) => {
    // The peer-to-peer daemon's own port has a check of its own.
    const own = distribution.p2p?.endpoint?.address;
    const down = distribution.mirrors.filter(
      ({ reach }) => reach.ok === false && reach.failures >= thresholds.failuresMin && reach.address !== own,
    );
    const addresses = [...new Set(down.map(({ reach }) => reach.address))];
    return addresses.map((address) => {
      const rows = down.filter(({ reach }) => reach.address === address);
      return {
        subject: address,
        reason: "MirrorUnreachable",
        message: t(
          `Mirror ${address} of ${rows.map((r) => r.registry).join(", ")} cannot be reached: ${rows[0]?.reach.error ?? "no answer"}.`,
          `${rows.map((r) => r.registry).join("、")} 的镜像站 ${address} 不可达：${rows[0]?.reach.error ?? "无应答"}。`,
        ),
        evidence: [
          {
            label: t("Where it is configured", "配置位置"),
            source: "distribution" as const,
            kind: "table" as const,
            columns: ["registry", "file", "error"],
            rows: rows.map((r) => [r.registry, r.source, r.reach.error ?? "–"]),
          },
        ],
        params: { address },
        causeKey: `registry:${hostOf(address)}`,
      };
    });
  },
});
