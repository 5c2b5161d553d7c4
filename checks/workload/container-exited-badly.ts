// Check: a container that ended with an error a moment ago and was not started again.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";
import { exitMeaning, imageCause, whoOf } from "./evidence.ts";

/** Ended by request: SIGINT, SIGKILL and SIGTERM are how runtimes stop a container. */
const STOPPED = new Set([0, 130, 137, 143]);

export const containerExitedBadly = defineCheck({
  id: "container-exited-badly",
  title: t("Container ended with an error", "容器异常退出"),
  area: "workload",
  severity: "info",
  needs: ["containers", "workload"],
  dependsOn: ["runtime-down", "runtime-hung", "container-oom-killed", "container-restarting", "start-hook-failed"],
  // A manager that starts it again does so within seconds.
  raiseAfterMs: 40_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: { recentMs: 900_000 },
  suggestion: t(
    "Look at the last lines of its log. Nobody starts it again by itself.",
    "查看其日志末尾。没有谁会自动再启动它。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, now }) => {
    const keyOf = (c: { podUid: string | null; podId: string | null; name: string }) =>
      `${c.podUid ?? c.podId}/${c.name}`;
    const alive = new Set(facts.containers.filter((c) => c.state !== "exited").map(keyOf));
    const restarted = new Set(facts.workload.restarts.map((r) => r.containerId));
    const latest = new Map<string, (typeof facts.containers)[number]>();
    for (const c of facts.containers) {
      if (c.state !== "exited" || c.finishedAt === null || c.exitCode === null || STOPPED.has(c.exitCode)) continue;
      if (now - c.finishedAt >= thresholds.recentMs || c.reason === "OOMKilled" || /hook/.test(c.reason ?? ""))
        continue;
      if (alive.has(keyOf(c)) || restarted.has(c.id)) continue;
      const known = latest.get(keyOf(c));
      if (!known || (known.finishedAt ?? 0) < c.finishedAt) latest.set(keyOf(c), c);
    }
    return [...latest.values()].map((c) => {
      const code = c.exitCode ?? 0;
      const why = exitMeaning(code);
      const ago = now - (c.finishedAt ?? now);
      return {
        subject: c.id,
        reason: "ExitedWithError",
        message: t(
          `Container ${whoOf(all, c.id)} ended ${age(ago)} ago with code ${code}: ${why.en}.`,
          `容器 ${whoOf(all, c.id)} 在 ${ageZh(ago)}前以退出码 ${code} 结束：${why.zh}。`,
        ),
        evidence: [
          tableOf(
            t("The container", "容器"),
            "containers",
            ["container", "image", "exit code", "reason"],
            [[whoOf(all, c.id), c.image, code, c.reason ?? "–"]],
          ),
        ],
        params: { containerId: c.id },
        causeKey: imageCause(all, c.id),
      };
    });
  },
});
