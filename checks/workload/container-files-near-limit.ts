// Check: the first process of a container has nearly as many files open as it may: the next connection or file fails with EMFILE.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { percent, t } from "../text.ts";
import { imageCause, whoOf } from "./evidence.ts";

export const containerFilesNearLimit = defineCheck({
  id: "container-files-near-limit",
  title: t("Container close to its open-files limit", "容器打开文件数接近上限"),
  area: "workload",
  severity: "warning",
  needs: ["workload"],
  raiseAfterMs: 30_000,
  clearAfterMs: 60_000,
  factTtlMs: 90_000,
  thresholds: { raiseRatio: 0.9, clearRatio: 0.75 },
  suggestion: t(
    "Advice for the application's owner: a number that only rises is a leak (connections that nobody closes); otherwise ask for a higher ulimit.",
    "供应用负责人参考：只增不减多半是泄漏（未关闭的连接）；否则请提高 ulimit。",
  ),
  repairs: [],
  evaluate: ({ facts, all, thresholds, open }) =>
    facts.workload.containers.flatMap(({ id, openFiles, openFilesMax, process }) => {
      if (openFiles === null || openFilesMax === null || openFilesMax <= 0) return [];
      const ratio = openFiles / openFilesMax;
      if (!isOver(ratio, open.has(id), thresholds.raiseRatio, thresholds.clearRatio)) return [];
      const who = whoOf(all, id);
      return [
        {
          subject: id,
          reason: "OpenFilesNearLimit",
          message: t(
            `The first process of container ${who} has ${percent(ratio)} of its ${openFilesMax} files open.`,
            `容器 ${who} 的主进程已打开 ${openFilesMax} 个文件上限的 ${percent(ratio)}。`,
          ),
          evidence: [
            numberOf(
              t("Open files", "打开的文件数"),
              "workload",
              openFiles,
              "count",
              Math.floor(openFilesMax * thresholds.raiseRatio),
            ),
            numberOf(t("Limit", "上限"), "workload", openFilesMax, "count"),
          ],
          params: { containerId: id, process },
          causeKey: imageCause(all, id),
        },
      ];
    }),
});
