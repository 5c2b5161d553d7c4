// Check, where advice on security is asked for: containers whose first process is the node's root user. One finding with the list.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const containerRunsAsRoot = defineCheck({
  id: "container-runs-as-root",
  title: t("Containers run as root", "容器以 root 运行"),
  area: "security",
  severity: "info",
  needs: ["workload"],
  raiseAfterMs: 45_000,
  clearAfterMs: 30_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    "Advice for the application's owner: run as a user of its own (runAsNonRoot, USER in the image), or map root with a user namespace.",
    "供应用负责人参考：使用独立用户运行（runAsNonRoot 或镜像中的 USER），或用用户命名空间映射 root。",
  ),
  repairs: [],
  evaluate: ({ facts, all }) => {
    if (!facts.workload.advise.includes("security")) return [];
    const root = facts.workload.containers.filter((c) => c.isRoot && !c.isPrivileged);
    if (root.length === 0) return [];
    return [
      {
        subject: "node",
        reason: "RunsAsRoot",
        message: t(
          `${root.length} of ${facts.workload.containers.length} containers run as the node's root user.`,
          `${facts.workload.containers.length} 个容器中有 ${root.length} 个以节点的 root 用户运行。`,
        ),
        evidence: [
          tableOf(
            t("Containers", "容器"),
            "workload",
            ["container", "pid"],
            root.map((c) => [whoOf(all, c.id), c.process.pid]),
          ),
        ],
        params: { containers: root.slice(0, 200).map((c) => c.id) },
      },
    ];
  },
});
