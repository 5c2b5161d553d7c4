// Check: a container that ends and is started again and again: who, how often, and what its last exit says.
import { defineCheck } from "../define.ts";
import { isOver, numberOf, tableOf } from "../parts.ts";
import { age, ageZh, shortId, t } from "../text.ts";
import { exitMeaning } from "./evidence.ts";

/** Restarts within 15 min from which on it is a loop; a kubelet's back-off (10 s, 20 s, 40 s … 5 min) allows about six. */
export const RESTART_LOOP = 3;

export const containerRestarting = defineCheck({
  id: "container-restarting",
  title: t("Container restarts again and again", "容器反复重启"),
  area: "workload",
  severity: "warning",
  needs: ["workload"],
  dependsOn: ["runtime-down", "runtime-hung"],
  raiseAfterMs: 0,
  clearAfterMs: 60_000,
  factTtlMs: 90_000,
  thresholds: { raiseCount: RESTART_LOOP, clearCount: 1 },
  aliases: ["CrashLoopBackOff", "KubePodCrashLooping"],
  suggestion: t(
    "Look at the last lines of its log and at what its exit code says. Where many nodes show it at the same time, the image or its configuration is the cause.",
    "查看其日志末尾和退出码含义。若多个节点同时出现，则原因在镜像或配置。",
  ),
  repairs: [],
  evaluate: ({ facts, thresholds, now, open }) =>
    facts.workload.restarts
      .filter((r) => isOver(r.count, open.has(r.key), thresholds.raiseCount, thresholds.clearCount))
      .map((r) => {
        const who = r.podName ? `${r.podName}/${r.name}` : r.name;
        const why = r.exitCode === null ? t("its exit code is not known", "退出码未知") : exitMeaning(r.exitCode);
        const isOom = r.reason === "OOMKilled";
        return {
          subject: r.key,
          reason: isOom ? "OOMLoop" : "CrashLoop",
          message: t(
            `Container ${who} was restarted ${r.count} time(s) within 15 min, last ${age(now - r.lastAt)} ago: ${isOom ? "out of memory" : why.en}.`,
            `容器 ${who} 在 15 分钟内重启了 ${r.count} 次，最近一次在 ${ageZh(now - r.lastAt)}前：${isOom ? "内存不足" : why.zh}。`,
          ),
          evidence: [
            numberOf(t("Restarts in 15 min", "15 分钟内重启次数"), "workload", r.count, "count", thresholds.raiseCount),
            tableOf(
              t("The container", "容器"),
              "workload",
              ["container", "id now", "image", "last exit code", "reason"],
              [[who, shortId(r.containerId), r.image, r.exitCode ?? "–", r.reason ?? "–"]],
            ),
          ],
          params: { containerId: r.containerId, runtime: r.runtime },
          causeKey: `image:${r.image}`,
        };
      }),
});
