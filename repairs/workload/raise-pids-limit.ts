// Repair: double a container's task limit, never beyond its share of the node. Undo sets it back.
import { t } from "../../checks/text.ts";
import { containerPidsLimit } from "../../checks/workload/container-pids-limit.ts";
import { whoOf } from "../../checks/workload/evidence.ts";
import { defineRepair, type RepairContext, type Step } from "../define.ts";
import { factsFresh, stillThere } from "../guards.ts";

/** Of the node's pids and threads one container may get this share at most (kubelet reserves the rest with its own podPidsLimit). */
const NODE_SHARE = 0.25;

const seenOf = (ctx: RepairContext) => ctx.facts.workload?.data?.containers.find((c) => c.id === ctx.finding.subject);

/** The new limit; null when there is no room for one. */
function nextLimit(ctx: RepairContext): { from: number; to: number; most: number } | null {
  const from = seenOf(ctx)?.pidsMax ?? null;
  const pidMax = ctx.facts.processes?.data?.pidMax ?? 0;
  const threadsMax = ctx.facts.limits?.data?.threadsMax ?? 0;
  if (from === null || pidMax <= 0) return null;
  const most = Math.floor(NODE_SHARE * Math.min(pidMax, threadsMax > 0 ? threadsMax : pidMax));
  return { from, to: Math.min(Math.max(16, from * 2), most), most };
}

const setTo = (containerId: string, from: number, to: number, who: string): Step => ({
  title: t(`Set the task limit of ${who} from ${from} to ${to}`, `将 ${who} 的任务数上限从 ${from} 改为 ${to}`),
  action: { type: "container.pids-max", params: { containerId, expected: String(from), value: to } },
});

export const raisePidsLimit = defineRepair({
  id: "raise-pids-limit",
  title: t("Double the task limit", "将任务数上限翻倍"),
  risk: "safe",
  verifies: ["container-pids-limit"],
  settleMs: 3_000,
  // A refusal stays in the finding for two minutes.
  verifyWithinMs: 180_000,
  guards: (ctx) => {
    const seen = seenOf(ctx);
    const next = nextLimit(ctx);
    const { thresholds } = containerPidsLimit;
    const current = seen?.pidsCurrent ?? 0;
    const isTight =
      seen?.pidsMax != null &&
      (current >= seen.pidsMax * thresholds.clearRatio ||
        (seen.pidsRefusedAt !== null && ctx.now - seen.pidsRefusedAt < thresholds.refusedMs));
    return [
      factsFresh(ctx, ["workload", "processes"]),
      stillThere(seen && isTight ? `${current} of ${seen.pidsMax} tasks` : null),
      {
        id: "room-on-the-node",
        title: t("The node has room for more", "节点尚有余量"),
        ok: next !== null && next.to > next.from,
        detail: next
          ? `${next.from} → ${next.to}, a container may have ${next.most} here`
          : "the node's own limits are not known",
      },
    ];
  },
  plan: (ctx) => {
    const next = nextLimit(ctx);
    if (!next || next.to <= next.from)
      return { nothing: t("There is no room for a higher limit.", "没有提高上限的余量。") };
    const id = ctx.finding.subject;
    const who = whoOf(ctx.facts, id);
    return {
      evidence: { sections: ["cgroup", "top", "processes"], containerId: id },
      steps: [setTo(id, next.from, next.to, who)],
      touches: t(
        `Only the task limit of ${who}, until it is made anew; no process is touched. Can be undone.`,
        `仅修改 ${who} 的任务数上限，容器重建前有效；不触碰任何进程。可撤销。`,
      ),
    };
  },
  undo: (ctx, done) =>
    done.flatMap(({ step: { action }, result }): Step[] => {
      if (action.type !== "container.pids-max" || !result.changed) return [];
      const { containerId, expected, value } = action.params;
      const before = Number(expected);
      return before >= 16 ? [setTo(containerId, value, before, whoOf(ctx.facts, containerId))] : [];
    }),
});
