// Check: a container runs without the operation agent that this node's configuration wants in it.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";
import { containerOf, imageCause, whoOf } from "./evidence.ts";

export const opsAgentMissing = defineCheck({
  id: "ops-agent-missing",
  title: t("Operation agent missing in a container", "容器内缺少运维代理"),
  area: "workload",
  severity: "warning",
  needs: ["workload", "containers"],
  dependsOn: ["container-frozen"],
  raiseAfterMs: 30_000,
  clearAfterMs: 20_000,
  factTtlMs: 90_000,
  thresholds: { startingMs: 120_000 },
  suggestion: t(
    "Release the agent through a sidecar or volume, in waves; an agent baked into the image is missing wherever the image is old.",
    "通过边车或数据卷分批发布该代理；内置在镜像中的代理，在旧镜像里就会缺失。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, now }) =>
    facts.workload.opsAgents.flatMap(({ containerId, name, isRunning }) => {
      const startedAt = containerOf(all, containerId)?.startedAt ?? null;
      if (isRunning || startedAt === null || now - startedAt < thresholds.startingMs) return [];
      const who = whoOf(all, containerId);
      return [
        {
          subject: `${containerId}/${name}`,
          reason: "OpsAgentMissing",
          message: t(`Container ${who} runs without ${name}.`, `容器 ${who} 中没有运行 ${name}。`),
          evidence: [
            tableOf(t("Wanted agent", "应有的代理"), "workload", ["container", "agent", "runs"], [[who, name, "no"]]),
          ],
          params: { containerId, agent: name },
          causeKey: imageCause(all, containerId),
        },
      ];
    }),
});
