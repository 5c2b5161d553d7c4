// Check: a container with a huge environment: every program that it starts copies it, and at the kernel's limit none starts any more.
import { defineCheck } from "../define.ts";
import { numberOf } from "../parts.ts";
import { bytes, t } from "../text.ts";
import { whoOf } from "./evidence.ts";

export const environmentHuge = defineCheck({
  id: "environment-huge",
  title: t("Huge environment in a container", "容器环境变量过大"),
  area: "workload",
  severity: "info",
  needs: ["workload"],
  raiseAfterMs: 45_000,
  clearAfterMs: 30_000,
  factTtlMs: 90_000,
  thresholds: { raiseBytes: 524_288 },
  aliases: ["argument list too long"],
  suggestion: t(
    "Advice for the application's owner: switch service links off (enableServiceLinks: false) and put large values into files.",
    "供应用负责人参考：关闭服务链接（enableServiceLinks: false），并把大的取值放进文件。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds }) =>
    facts.workload.containers.flatMap(({ id, envBytes, envCount }) =>
      envBytes === null || envBytes < thresholds.raiseBytes
        ? []
        : [
            {
              subject: id,
              reason: "EnvironmentHuge",
              message: t(
                `Container ${whoOf(all, id)} has ${envCount ?? 0} environment variables of ${bytes(envBytes)} together.`,
                `容器 ${whoOf(all, id)} 有 ${envCount ?? 0} 个环境变量，共 ${bytes(envBytes)}。`,
              ),
              evidence: [
                numberOf(t("Size", "大小"), "workload", envBytes, "bytes", thresholds.raiseBytes),
                numberOf(t("Variables", "变量个数"), "workload", envCount ?? 0, "count"),
              ],
              params: { containerId: id },
            },
          ],
    ),
});
