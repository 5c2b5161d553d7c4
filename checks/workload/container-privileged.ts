// Check, where advice on security is asked for: containers that hold every capability or see the node's processes: they can do what root on the node can.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const containerPrivileged = defineCheck({
  id: "container-privileged",
  title: t("Privileged containers", "特权容器"),
  area: "security",
  severity: "info",
  needs: ["workload"],
  raiseAfterMs: 45_000,
  clearAfterMs: 30_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Advice for the platform: keep a list of what may be privileged (network and storage plugins); take it from everything else.",
    "供平台参考：维护允许特权的清单（网络、存储插件），其余一律收回。",
  ),
  repairs: [],
  evaluate: ({ facts, all }) => {
    if (!facts.workload.advise.includes("security")) return [];
    const mighty = facts.workload.containers.filter((c) => c.isPrivileged || c.isInHostPidNamespace);
    if (mighty.length === 0) return [];
    return [
      {
        subject: "node",
        reason: "Privileged",
        message: t(
          `${mighty.length} container(s) can do what root on the node can.`,
          `有 ${mighty.length} 个容器拥有等同于节点 root 的权限。`,
        ),
        evidence: [
          tableOf(
            t("Containers", "容器"),
            "workload",
            ["container", "pid", "all capabilities", "node's pid namespace"],
            mighty.map((c) => [
              whoOf(all, c.id),
              c.process.pid,
              c.isPrivileged ? "yes" : "no",
              c.isInHostPidNamespace ? "yes" : "no",
            ]),
          ),
        ],
        params: { containers: mighty.slice(0, 200).map((c) => c.id) },
      },
    ];
  },
});
