// Repair: double a container's task limit, never beyond four times the one that was meant nor its share of the node, and never for what forks without
// end: a limit is a protection. Undo sets it back.
import { age, t } from "../../checks/text.ts";
import { containerPidsLimit } from "../../checks/workload/container-pids-limit.ts";
import { whoOf } from "../../checks/workload/evidence.ts";
import { defineRepair, type RepairContext, type Step } from "../define.ts";
import { factsFresh, stillThere } from "../guards.ts";

/** Of the node's pids and threads one container may get this share at most (kubelet reserves the rest with its own podPidsLimit). */
const NODE_SHARE = 0.25;
/** Of the limit that it had at first: two doublings, then somebody has to say what it needs. */
const TIMES_MAX = 4;
/** The lowest that the command can set. */
const LIMIT_MIN = 16;
/** What multiplied its tasks within this is not given more, ms. */
const FAST_MS = 600_000;

const seenOf = (ctx: RepairContext) => ctx.facts.workload?.data?.containers.find((c) => c.id === ctx.finding.subject);

/** The new limit; null when there is no room for one. */
function nextLimit(ctx: RepairContext): { from: number; to: number; most: number } | null {
  const from = seenOf(ctx)?.pidsMax ?? null;
  const pidMax = ctx.facts.processes?.data?.pidMax ?? 0;
  const threadsMax = ctx.facts.limits?.data?.threadsMax ?? 0;
  if (from === null || pidMax <= 0) return null;
  const share = Math.floor(NODE_SHARE * Math.min(pidMax, threadsMax > 0 ? threadsMax : pidMax));
  const most = Math.min(share, Math.max(LIMIT_MIN, TIMES_MAX * (seenOf(ctx)?.pidsMaxFirst ?? from)));
  return { from, to: Math.min(Math.max(LIMIT_MIN, from * 2), most), most };
}

const setTo = (containerId: string, from: number, to: number, who: string): Step => ({
  title: t(`Set the task limit of ${who} from ${from} to ${to}`, `将 ${who} 的任务数上限从 ${from} 改为 ${to}`),
  action: { type: "container.pids-max", params: { containerId, expected: String(from), value: to } },
});

export const raisePidsLimit = defineRepair({
  id: "raise-pids-limit",
  title: t("Double the task limit", "将任务数上限翻倍"),
  // Docker's --pids-limit and podman's 2048 are there against fork bombs.
  risk: "disruptive",
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
        id: "grew-slowly",
        title: t("Its tasks did not multiply within minutes", "任务数没有在数分钟内成倍增长"),
        ok: seen !== undefined && (seen.pidsFastAt == null || ctx.now - seen.pidsFastAt >= FAST_MS),
        detail:
          seen?.pidsFastAt == null
            ? "no doubling seen"
            : `they did ${age(ctx.now - seen.pidsFastAt)} ago: what forks without end gets no more`,
      },
      {
        id: "room-on-the-node",
        title: t(
          "There is room for more: on the node, and up to four times its first limit",
          "节点尚有余量，且不超过最初上限的四倍",
        ),
        ok: next !== null && next.to > next.from,
        detail: next
          ? `${next.from} → ${next.to}, at first ${seen?.pidsMaxFirst ?? next.from}, it may have ${next.most} here`
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
