// Check: a job of the node's cron runs every few minutes, on every node at the same second.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const cronTooOften = defineCheck({
  id: "cron-too-often",
  title: t("Cron job runs very often", "定时任务过于频繁"),
  area: "node",
  severity: "info",
  needs: ["cronJobs"],
  raiseAfterMs: 0,
  clearAfterMs: 0,
  factTtlMs: 600_000,
  thresholds: { everyMinutes: 5 },
  suggestion: t(
    "Ask its owner whether so often is meant; a service or a timer with RandomizedDelaySec does not hit all nodes at once.",
    "向负责人确认是否需要如此频繁；改用常驻服务或带 RandomizedDelaySec 的 timer，可避免所有节点同时触发。",
  ),
  repairs: [],
  aliases: ["RapidCron"],
  evaluate: ({ facts: { cronJobs }, thresholds }) =>
    cronJobs
      .filter((job) => job.everyMinutes < thresholds.everyMinutes)
      .map((job) => ({
        subject: `${job.file}:${job.line}`,
        reason: "RunsTooOften",
        message: t(
          `${job.program} runs every ${job.everyMinutes} min (${job.file}, line ${job.line}).`,
          `${job.program} 每 ${job.everyMinutes} 分钟运行一次（${job.file} 第 ${job.line} 行）。`,
        ),
        evidence: [
          tableOf(
            t("Job", "定时任务"),
            "cronJobs",
            ["file", "schedule", "user", "program"],
            [[job.file, job.schedule, job.user ?? "–", job.program]],
          ),
        ],
        params: { file: job.file, line: job.line },
      })),
});
