// Repair: let the node open more files. It buys time to find the process that leaks them.
import { filesAlmostGone } from "../../checks/machine/files-almost-gone.ts";
import { percent, t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, stillThere } from "../guards.ts";
import { canRise, doubled, setSysctl, touchesOneLimit, undoSysctls } from "./raise-sysctl.ts";

/** Memory of an open file with its inode and entry, bytes: what the kernel reckons with for its own default (files_maxfiles_init). */
const FILE_BYTES = 1_024;
/** Share of memory that open files may take at most when the limit is raised; the kernel's default is a tenth. */
const MEMORY_SHARE_MAX = 0.25;
const CLEAR = filesAlmostGone.thresholds.clearRatio;

const filesOf = (ctx: RepairContext) => ctx.facts.kernel?.data?.openFiles;

function target(ctx: RepairContext): number | null {
  const files = filesOf(ctx);
  const memory = ctx.facts.vm?.data?.memoryTotalBytes;
  if (!files || memory === undefined) return null;
  return doubled(files.used, files.max, CLEAR, Math.floor((memory * MEMORY_SHARE_MAX) / FILE_BYTES));
}

export const raiseFileMax = defineRepair({
  id: "raise-file-max",
  title: t("Allow more open files on the node", "提高全局打开文件上限"),
  risk: "disruptive",
  verifies: ["files-almost-gone"],
  settleMs: 2_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const files = filesOf(ctx);
    const ratio = files && files.max > 0 ? files.used / files.max : 0;
    return [
      factsFresh(ctx, ["kernel", "vm"]),
      stillThere(files && ratio >= CLEAR ? `${files.used} of ${files.max} (${percent(ratio)})` : null),
      canRise("fs.file-max", files?.max, target(ctx), "open files would take more than a quarter of memory"),
    ];
  },
  plan: (ctx) => {
    const files = filesOf(ctx);
    const value = target(ctx);
    if (!files || value === null || files.used < files.max * CLEAR)
      return {
        nothing: t("There is room for open files, or no higher limit.", "打开文件数已有余量，或无法再提高上限。"),
      };
    return {
      evidence: { sections: ["open-files", "top"] },
      steps: [setSysctl("fs.file-max", files.max, value)],
      touches: touchesOneLimit,
    };
  },
  undo: (_ctx, done) => undoSysctls(done),
});
