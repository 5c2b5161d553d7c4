// Repair: give the node more process ids. It buys time to find who takes them.
import { pidsAlmostGone } from "../../checks/machine/pids-almost-gone.ts";
import { percent, t } from "../../checks/text.ts";
import { defineRepair, type RepairContext, type Step } from "../define.ts";
import { factsFresh, stillThere } from "../guards.ts";
import { canRise, doubled, setSysctl, touchesOneLimit, undoSysctls } from "./raise-sysctl.ts";

/** PID_MAX_LIMIT of 64-bit kernels. */
const MOST = 4_194_304;
const CLEAR = pidsAlmostGone.thresholds.clearRatio;

const threadsOf = (ctx: RepairContext) => ctx.facts.kernel?.data?.threads;

function target(ctx: RepairContext): number | null {
  const threads = threadsOf(ctx);
  return threads ? doubled(threads.used, threads.max, CLEAR, MOST) : null;
}

export const raisePidMax = defineRepair({
  id: "raise-pid-max",
  title: t("Allow more process ids", "提高进程号上限"),
  risk: "disruptive",
  verifies: ["pids-almost-gone"],
  settleMs: 2_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const threads = threadsOf(ctx);
    const ratio = threads && threads.max > 0 ? threads.used / threads.max : 0;
    return [
      factsFresh(ctx, ["kernel"]),
      stillThere(threads && ratio >= CLEAR ? `${threads.used} of ${threads.max} (${percent(ratio)})` : null),
      canRise("the limit of tasks", threads?.max, target(ctx), `${MOST} is the most that the kernel allows`),
    ];
  },
  plan: (ctx) => {
    const threads = threadsOf(ctx);
    const value = target(ctx);
    if (!threads || value === null || threads.used < threads.max * CLEAR)
      return { nothing: t("There is room for tasks, or no higher limit.", "任务数已有余量，或无法再提高上限。") };
    const steps: Step[] = [];
    if (threads.pidMax < value) steps.push(setSysctl("kernel.pid_max", threads.pidMax, value));
    if (threads.threadsMax > 0 && threads.threadsMax < value)
      steps.push(setSysctl("kernel.threads-max", threads.threadsMax, value));
    return { evidence: { sections: ["processes", "top", "cgroup"] }, steps, touches: touchesOneLimit };
  },
  undo: (_ctx, done) => undoSysctls(done),
});
