// Check: a container that fails its own health check: it runs, but does not do its work.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { shortId, t } from "../text.ts";
import { imageCause, whoOf } from "./evidence.ts";

export const containerUnhealthy = defineCheck({
  id: "container-unhealthy",
  title: t("Container unhealthy", "容器健康检查失败"),
  area: "workload",
  severity: "warning",
  needs: ["workload"],
  dependsOn: ["runtime-down", "runtime-hung", "container-frozen", "lxcfs-dead"],
  raiseAfterMs: 20_000,
  clearAfterMs: 20_000,
  factTtlMs: 90_000,
  thresholds: {},
  aliases: ["docker_container_unhealthy"],
  suggestion: t(
    "Read the output of its last health checks; restart it when nothing else is wrong on the node. What fails again after a restart is the application's.",
    "查看最近几次健康检查的输出；若节点无其他问题可重启该容器。重启后仍失败则属于应用自身的问题。",
  ),
  repairs: ["restart-unhealthy-container"],
  evaluate: ({ facts, all }) =>
    facts.workload.containers
      .filter((seen) => seen.health === "unhealthy")
      .map((seen) => ({
        subject: seen.id,
        reason: "HealthCheckFailed",
        message: t(
          `Container ${whoOf(all, seen.id)} runs and fails its own health check.`,
          `容器 ${whoOf(all, seen.id)} 仍在运行，但自身健康检查失败。`,
        ),
        evidence: [
          tableOf(
            t("The container", "容器"),
            "workload",
            ["container", "id", "pid", "health"],
            [[whoOf(all, seen.id), shortId(seen.id), seen.process.pid, "unhealthy"]],
          ),
        ],
        params: { containerId: seen.id },
        causeKey: imageCause(all, seen.id),
      })),
});
