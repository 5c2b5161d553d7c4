// Check: the kernel ended a process of a container because the container had used up its memory.
import { defineCheck, type Problem } from "../define.ts";
import { numberOf, tableOf } from "../parts.ts";
import { age, ageZh, bytes, t } from "../text.ts";
import { RESTART_LOOP } from "./container-restarting.ts";
import { imageCause, whoOf } from "./evidence.ts";

export const containerOomKilled = defineCheck({
  id: "container-oom-killed",
  title: t("Container out of memory", "容器内存耗尽被终止"),
  area: "memory",
  severity: "warning",
  needs: ["workload", "containers"],
  dependsOn: ["runtime-down", "runtime-hung", "container-restarting"],
  raiseAfterMs: 0,
  clearAfterMs: 30_000,
  factTtlMs: 90_000,
  thresholds: { recentMs: 600_000 },
  aliases: ["OOMKilled", "oom_kill"],
  suggestion: t(
    "Compare the limit with the peak before it: raise the limit, or find what grows. A process that was not the first one may be missing now although the container runs.",
    "对照内存上限与此前的峰值：提高上限或查明增长来源。被终止的若不是主进程，容器虽仍运行但可能缺少该进程。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, now }) => {
    const killed = facts.workload.containers.flatMap((seen): Problem[] => {
      if (seen.oomKilledAt === null || now - seen.oomKilledAt >= thresholds.recentMs) return [];
      const who = whoOf(all, seen.id);
      return [
        {
          subject: seen.id,
          reason: "ProcessOOMKilled",
          message: t(
            `The kernel ended a process of container ${who} ${age(now - seen.oomKilledAt)} ago: the container was out of memory.`,
            `${ageZh(now - seen.oomKilledAt)}前，内核因内存耗尽终止了容器 ${who} 的一个进程。`,
          ),
          evidence: [
            numberOf(t("Processes ended so far", "累计被终止的进程数"), "workload", seen.oomKills ?? 1, "count"),
            tableOf(
              t("Memory", "内存"),
              "workload",
              ["used", "peak", "limit"],
              [
                [seen.memoryUsedBytes, seen.memoryPeakBytes, seen.memoryLimitBytes].map((v) =>
                  v === null ? "–" : bytes(v),
                ),
              ],
            ),
          ],
          params: { containerId: seen.id },
          causeKey: imageCause(all, seen.id),
        },
      ];
    });
    // The first process was the one: the container ended.
    const loops = new Set(
      facts.workload.restarts.filter((r) => r.count >= RESTART_LOOP).map((r) => `${r.podName}/${r.name}`),
    );
    const ended = facts.containers.flatMap((c): Problem[] => {
      if (c.state !== "exited" || c.reason !== "OOMKilled" || c.finishedAt === null) return [];
      if (now - c.finishedAt >= thresholds.recentMs || loops.has(`${c.podName}/${c.name}`)) return [];
      const who = whoOf(all, c.id);
      return [
        {
          subject: c.id,
          reason: "ContainerOOMKilled",
          message: t(
            `Container ${who} ended ${age(now - c.finishedAt)} ago: it was out of memory.`,
            `容器 ${who} 在 ${ageZh(now - c.finishedAt)}前因内存耗尽而结束。`,
          ),
          evidence: [
            tableOf(
              t("The container", "容器"),
              "containers",
              ["container", "image", "limit", "exit code"],
              [[who, c.image, c.memoryLimitBytes === null ? "–" : bytes(c.memoryLimitBytes), c.exitCode ?? "–"]],
            ),
          ],
          params: { containerId: c.id },
          causeKey: imageCause(all, c.id),
        },
      ];
    });
    return [...killed, ...ended];
  },
});
