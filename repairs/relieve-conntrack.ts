// Repair: give connection tracking room: a higher limit where the node may set it, else drop dead entries and let new ones die sooner.
import { conntrackAlmostFull } from "../checks/conntrack-almost-full.ts";
import { percent, t } from "../checks/text.ts";
import type { FactData } from "../protocol/facts.ts";
import { defineRepair, type RepairContext, type Step } from "./define.ts";
import { factsFresh, stillThere } from "./guards.ts";

type Conntrack = FactData["conntrack"];

const MAX_KEY = "net.netfilter.nf_conntrack_max";
const UDP_KEY = "net.netfilter.nf_conntrack_udp_timeout";
/** Memory of one entry, bytes (kernel struct nf_conn with extensions, about 320 on x86-64). */
const ENTRY_BYTES = 320;
/** Share of the node's memory that tracking may take at most when the limit is raised. */
const MEMORY_SHARE_MAX = 0.05;
/** Timeout for UDP entries without an answer while the table is short, s (kernel default 30). */
const UDP_TIMEOUT_S = 10;

/** Groups that conntrack.flush drops; half-closed connections are still somebody's. */
const DROPPABLE = /^((udp|icmp) unreplied|tcp (syn_sent|time_wait|close|last_ack)( unreplied)?)$/i;

/** Twice the present limit, unless that would take more than its share of memory. */
function raisedMax(ctx: RepairContext, conntrack: Conntrack): number | null {
  if (!conntrack.maxWritable || conntrack.max === 0) return null;
  const memoryBytes = ctx.facts.identity?.data?.memoryBytes;
  const wanted = conntrack.max * 2;
  return memoryBytes !== undefined && wanted * ENTRY_BYTES > memoryBytes * MEMORY_SHARE_MAX ? null : wanted;
}

/** Entries that a flush drops, or null where the table was too large to be read group by group. */
function droppable(conntrack: Conntrack): number | null {
  const groups = Object.entries(conntrack.groups);
  if (groups.length === 0) return null;
  return groups.filter(([name]) => DROPPABLE.test(name)).reduce((sum, [, count]) => sum + count, 0);
}

const set = (key: string, expected: string, value: string): Step => ({
  title: t(`Set ${key} from ${expected} to ${value}`, `将 ${key} 从 ${expected} 改为 ${value}`),
  action: { type: "sysctl.set", params: { key, expected, value } },
});

export const relieveConntrack = defineRepair({
  id: "relieve-conntrack",
  title: t("Make room in connection tracking", "为连接跟踪表腾出空间"),
  risk: "disruptive",
  verifies: ["conntrack-almost-full"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const conntrack = ctx.facts.conntrack?.data;
    const clearRatio = conntrackAlmostFull.thresholds.clearRatio;
    const ratio = conntrack && conntrack.max > 0 ? conntrack.count / conntrack.max : 0;
    const raised = conntrack ? raisedMax(ctx, conntrack) : null;
    const dead = conntrack ? droppable(conntrack) : null;
    const mustGo = conntrack ? Math.ceil(conntrack.count - clearRatio * conntrack.max) : 0;
    return [
      factsFresh(ctx, ["conntrack"]),
      stillThere(
        conntrack && ratio >= clearRatio ? `${conntrack.count} of ${conntrack.max} (${percent(ratio)})` : null,
      ),
      {
        id: "will-help",
        title: t("A higher limit or the dead entries are enough", "提高上限或清除无效条目足以解决"),
        ok: raised !== null || (conntrack !== undefined && (dead === null || dead >= mustGo)),
        detail:
          raised !== null
            ? `the limit can go from ${conntrack?.max} to ${raised}`
            : `the limit cannot be raised here; ${mustGo} entries must go, ${dead ?? "an unknown number"} never saw an answer or are closed`,
      },
    ];
  },
  plan: (ctx) => {
    const conntrack = ctx.facts.conntrack?.data;
    if (
      !conntrack ||
      conntrack.max === 0 ||
      conntrack.count / conntrack.max < conntrackAlmostFull.thresholds.clearRatio
    ) {
      return { nothing: t("The table has room again.", "连接跟踪表已有足够空间。") };
    }
    const evidence = { sections: ["conntrack" as const, "network" as const] };
    const raised = raisedMax(ctx, conntrack);
    if (raised !== null) {
      return {
        evidence,
        steps: [set(MAX_KEY, String(conntrack.max), String(raised))],
        touches: t(
          `Raises one kernel limit until the next boot; no connection is dropped.`,
          `提高一个内核上限，重启后失效；不会断开任何连接。`,
        ),
      };
    }
    const steps: Step[] = [
      {
        title: t("Drop entries that never saw an answer or are closed", "清除从未得到应答或已关闭的条目"),
        action: { type: "conntrack.flush", params: { which: ["unreplied", "closed"] } },
      },
    ];
    // After the cure, so that a node that refuses it is cured all the same.
    const timeout = conntrack.udpTimeoutS?.toString() ?? ctx.facts.sysctls?.data?.[UDP_KEY];
    if (timeout !== undefined && Number(timeout) > UDP_TIMEOUT_S)
      steps.push(set(UDP_KEY, timeout, String(UDP_TIMEOUT_S)));
    return {
      evidence,
      steps,
      touches: t(
        "Drops only tracked entries without an answer or already closed, and shortens the UDP timeout; live connections stay.",
        "仅清除无应答或已关闭的跟踪条目，并缩短 UDP 超时；活动连接不受影响。",
      ),
    };
  },
  undo: (_ctx, done) =>
    [...done].reverse().flatMap(({ step, result }) => {
      if (step.action.type !== "sysctl.set" || !result.changed) return [];
      const { key, expected, value } = step.action.params;
      return [set(key, value, expected)];
    }),
});
