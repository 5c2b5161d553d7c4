// Check: the kubelet of this node is gone: pods keep running, but nobody starts, stops or reports them.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";
import { onPurpose } from "./module-kinds.ts";

export const kubeletDown = defineCheck({
  id: "kubelet-down",
  title: t("kubelet down", "kubelet 未运行"),
  area: "kubelet",
  severity: "critical",
  needs: ["modules"],
  raiseAfterMs: 15_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "Start it. When it ends again, its last fatal line names the flag, certificate or cgroup it does not like.",
    "启动它。若再次退出，最后一行 fatal 日志会指出有问题的参数、证书或 cgroup。",
  ),
  repairs: ["start-module"],
  aliases: ["KubeletUnhealthy", "KubeletNotReady", "KubeletHung"],
  evaluate: ({ facts: { modules }, now }) =>
    modules
      .filter((module) => module.kind === "kubelet" && module.state === "stopped")
      .map((module) => ({
        subject: module.name,
        reason: module.ended === "cleanly" ? "StoppedOnPurpose" : "ProcessGone",
        message: t(
          `${module.name} has not been running for ${age(now - module.since)}: no pod on this node is started, stopped or reported.${onPurpose(module).en}`,
          `${module.name} 已停止运行 ${ageZh(now - module.since)}：本节点的 Pod 无法启停，也不再上报状态。${onPurpose(module).zh}`,
        ),
        evidence: [
          tableOf(
            t("Module", "模块"),
            "modules",
            ["module", "state", "restarts", "manager"],
            [[module.name, module.state, module.restarts, module.manager]],
          ),
        ],
        params: { module: module.name },
      })),
});
