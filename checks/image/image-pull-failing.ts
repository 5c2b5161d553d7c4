// Check: most pulls of the runtime fail.
import { defineCheck } from "../define.ts";
import { percent, t } from "../text.ts";
import { mainRegistry } from "./names.ts";

export const imagePullFailing = defineCheck({
  id: "image-pull-failing",
  title: t("Image pulls fail", "镜像拉取失败"),
  area: "image",
  severity: "warning",
  needs: ["startup"],
  dependsOn: ["runtime-down", "runtime-hung", "registry-mirror-down"],
  raiseAfterMs: 20_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { successRatio: 0.5, callsMin: 3 },
  aliases: ["ErrImagePull", "ImagePullBackOff", "KubeletImagePullErrors"],
  suggestion: t(
    "Read the runtime's log for the reason: name or tag wrong, credentials expired, certificate, registry away, disk full. Many nodes at once mean the registry.",
    "在运行时日志中查看原因：名称或标签错误、凭据过期、证书、仓库不可用、磁盘已满。多个节点同时出现则是仓库问题。",
  ),
  repairs: [],
  evaluate: ({ facts: { startup }, all, thresholds }) => {
    const registry = mainRegistry((all.containers?.data ?? []).map((c) => c.image));
    return startup.interfaces
      .filter(
        (call) =>
          call.interface.endsWith("/PullImage") &&
          call.calls >= thresholds.callsMin &&
          call.successRatio < thresholds.successRatio,
      )
      .map((call) => ({
        subject: call.runtime,
        reason: "PullFails",
        message: t(
          `${percent(1 - call.successRatio)} of ${call.calls} pulls of ${call.runtime} failed in the last window.`,
          `最近窗口内 ${call.runtime} 的 ${call.calls} 次镜像拉取有 ${percent(1 - call.successRatio)} 失败。`,
        ),
        evidence: [
          {
            label: t("Success", "成功率"),
            source: "startup" as const,
            kind: "number" as const,
            value: call.successRatio,
            unit: "ratio" as const,
            threshold: thresholds.successRatio,
          },
        ],
        params: { runtime: call.runtime },
        ...(registry ? { causeKey: `registry:${registry}` } : {}),
      }));
  },
});
