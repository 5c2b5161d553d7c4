// Repair: let a running daemon open more files. It buys time to find the leak; the daemon is not restarted.
import { moduleFilesExhausted } from "../../checks/services/module-files-exhausted.ts";
import { percent, t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, sameProcessAsFound, stillThere } from "../guards.ts";
import { doubled } from "../machine/raise-sysctl.ts";
import { moduleFound } from "./module-found.ts";

/** fs.nr_open by default: no process may have more. */
const MOST = 1_048_576;
/** The least that a command sets. */
const LEAST = 1_024;
const CLEAR = moduleFilesExhausted.thresholds.clearRatio;

/** Use and limit of the module, and the limit to set; null where they are not known. */
function limitsOf(ctx: RepairContext): { used: number; max: number; value: number | null } | null {
  const module = moduleFound(ctx);
  if (!module || module.openFiles === null || !module.openFilesMax) return null;
  const value = doubled(module.openFiles, module.openFilesMax, CLEAR, MOST);
  return { used: module.openFiles, max: module.openFilesMax, value: value && Math.max(LEAST, value) };
}

export const raiseModuleFiles = defineRepair({
  id: "raise-module-files",
  title: t("Allow the module more open files", "提高模块的打开文件上限"),
  risk: "safe",
  verifies: ["module-files-exhausted"],
  settleMs: 5_000,
  // Open files are counted each 30 s.
  verifyWithinMs: 120_000,
  guards: (ctx) => {
    const module = moduleFound(ctx);
    const files = limitsOf(ctx);
    return [
      factsFresh(ctx, ["modules"]),
      stillThere(
        files && files.used >= files.max * CLEAR
          ? `${module?.name}: ${files.used} of ${files.max} (${percent(files.used / files.max)})`
          : null,
      ),
      sameProcessAsFound(ctx, module?.process),
      {
        id: "can-rise",
        title: t("A higher limit is possible and enough", "可以提高上限，且足以解决"),
        ok: files?.value != null,
        detail:
          files?.value != null
            ? `from ${files.max} to ${files.value}`
            : `${files?.max ?? "its limit"} cannot be raised to what would be enough, ${MOST} is the most`,
      },
    ];
  },
  plan: (ctx) => {
    const module = moduleFound(ctx);
    const files = limitsOf(ctx);
    if (!module?.process || !files || files.value === null || files.used < files.max * CLEAR)
      return { nothing: t("The module has room for files, or cannot have more.", "模块已有余量，或无法再提高上限。") };
    const { name, process } = module;
    return {
      evidence: { sections: ["open-files", "goroutines", "module-log"], module: name, process },
      steps: [
        {
          title: t(
            `Raise the open files of ${name} from ${files.max} to ${files.value}`,
            `将 ${name} 的打开文件上限从 ${files.max} 提高到 ${files.value}`,
          ),
          action: { type: "module.limits", params: { module: name, process, openFiles: files.value } },
        },
      ],
      touches: t(
        `Raises one limit of the running ${name}; nothing is restarted, it lasts until ${name} ends.`,
        `提高运行中的 ${name} 的一项上限；不重启任何程序，${name} 退出后失效。`,
      ),
    };
  },
});
