// Repair: give each user more inotify instances or watches; the kernel's 128 instances are too few for a container node.
import { inotifyInstancesLow } from "../../checks/machine/inotify-instances-low.ts";
import { t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, stillThere } from "../guards.ts";
import { textParam } from "../params.ts";
import { canRise, doubled, setSysctl, touchesOneLimit, undoSysctls } from "./raise-sysctl.ts";

const INSTANCES = "fs.inotify.max_user_instances";
const WATCHES = "fs.inotify.max_user_watches";
/** Far above what a node of some hundred pods needs; a watch takes about 1 KiB of kernel memory, an instance little. */
const MOST = { [INSTANCES]: 65_536, [WATCHES]: 4_194_304 } as const;
/** Sums of all users count, so that one that is not the finding's is not forgotten. */
const CLEAR = inotifyInstancesLow.thresholds.clearRatio;
/** Less than this share of memory may be taken by watches. */
const MEMORY_SHARE_MAX = 0.05;
const WATCH_BYTES = 1_024;

/** Which limit the finding is about, how much of it its user holds, and the value to set. */
function wanted(ctx: RepairContext) {
  const inotify = ctx.facts.kernel?.data?.inotify;
  const key = textParam(ctx, "key");
  const user = inotify?.users.find(({ uid }) => `uid ${uid}` === ctx.finding.subject);
  if (!inotify || !user || (key !== INSTANCES && key !== WATCHES)) return null;
  const max = key === INSTANCES ? inotify.instancesMax : inotify.watchesMax;
  const used = key === INSTANCES ? user.instances : user.watches;
  if (max === null) return null;
  const memory = ctx.facts.vm?.data?.memoryTotalBytes ?? 0;
  const room = key === WATCHES ? Math.floor((memory * MEMORY_SHARE_MAX) / WATCH_BYTES) : MOST[key];
  return { key, used, max, value: doubled(used, max, CLEAR, Math.min(MOST[key], room)) };
}

export const raiseInotifyLimits = defineRepair({
  id: "raise-inotify-limits",
  title: t("Allow more inotify instances or watches", "提高 inotify 上限"),
  risk: "disruptive",
  verifies: ["inotify-instances-low", "inotify-watches-low"],
  verifiesOwnOnly: true,
  settleMs: 2_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const now = wanted(ctx);
    return [
      factsFresh(ctx, ["kernel", "vm"]),
      stillThere(
        now && now.used >= now.max * CLEAR
          ? `${ctx.finding.subject} holds ${now.used} of ${now.max} (${now.key})`
          : null,
      ),
      canRise(now?.key ?? "the limit", now?.max, now?.value ?? null, "no higher value is allowed here"),
    ];
  },
  plan: (ctx) => {
    const now = wanted(ctx);
    if (!now || now.value === null || now.used < now.max * CLEAR)
      return { nothing: t("There is room, or no higher limit.", "已有余量，或无法再提高上限。") };
    return {
      evidence: { sections: ["open-files", "processes"] },
      steps: [setSysctl(now.key, now.max, now.value)],
      touches: touchesOneLimit,
    };
  },
  undo: (_ctx, done) => undoSysctls(done),
});
