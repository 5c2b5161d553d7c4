// Check: a daemon of the node has nearly used up its open files; then it accepts no connection and starts nothing, though it runs.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { percent, t } from "../text.ts";

export const moduleFilesExhausted = defineCheck({
  id: "module-files-exhausted",
  title: t("Module out of open files", "模块打开文件数耗尽"),
  area: "process",
  severity: "warning",
  needs: ["modules"],
  raiseAfterMs: 10_000,
  clearAfterMs: 30_000,
  factTtlMs: 120_000,
  thresholds: { raiseRatio: 0.85, clearRatio: 0.7, criticalRatio: 0.98 },
  suggestion: t(
    "Raise the limit of the running process, then find the leak: a number that grows with every container is one.",
    "先提高该进程的上限，再查泄漏：若数量随容器增减只增不减，即为泄漏。",
  ),
  repairs: ["raise-module-files"],
  aliases: ["TooManyOpenFiles"],
  evaluate: ({ facts: { modules }, thresholds, open }) =>
    modules.flatMap((module) => {
      const { openFiles, openFilesMax, process } = module;
      if (openFiles === null || openFilesMax === null || openFilesMax === 0 || process === null) return [];
      const ratio = openFiles / openFilesMax;
      if (!isOver(ratio, open.has(module.name), thresholds.raiseRatio, thresholds.clearRatio)) return [];
      return [
        {
          subject: module.name,
          reason: "OpenFilesNearLimit",
          severity: ratio >= thresholds.criticalRatio ? ("critical" as const) : ("warning" as const),
          message: t(
            `${module.name} has ${openFiles} of ${openFilesMax} files open (${percent(ratio)}); at the limit it accepts no connection.`,
            `${module.name} 已打开 ${openFiles} / ${openFilesMax} 个文件（${percent(ratio)}）；达到上限后无法接受任何连接。`,
          ),
          evidence: [
            numberOf(t("Used", "已使用"), "modules", ratio, "ratio", thresholds.raiseRatio),
            numberOf(t("Open files", "打开文件数"), "modules", openFiles, "count", openFilesMax),
          ],
          params: { module: module.name, process },
        },
      ];
    }),
});
