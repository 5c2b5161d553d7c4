// The overview: how many nodes stand how, what needs a person, what runs, and whether the console itself is well.
import { z } from "zod";
import { readHeld } from "../agents/gateway-facts.ts";
import { holds } from "../core/access.ts";
import type { Context } from "../core/context.ts";
import { processStates } from "../core/process-state.ts";
import { scopeFor } from "../core/scope.ts";
import { query } from "../core/verb.ts";
import { findingGroups } from "../findings/groups.ts";
import { type NodeState, nodeStates } from "../nodes/schema.ts";
import { listRepairs } from "../repairs/list.ts";
import type { RepairRow } from "../repairs/schema.ts";
import type { Overview } from "./schema.ts";
import { readTrend } from "./trend.ts";

const GROUPS_MAX = 20;
const noRepairs: { rows: RepairRow[] } = { rows: [] };

const zeros = (): Record<NodeState, number> => ({
  healthy: 0,
  degraded: 0,
  unhealthy: 0,
  not_reporting: 0,
  unknown: 0,
  maintenance: 0,
});

export const getOverview = query({
  name: "overview.get",
  access: "nodes:read",
  on: "node",
  input: z.void(),
  async run({ db, actor, now, scope }): Promise<Overview> {
    const ctx: Context = { db, actor, now, requestId: null };
    const at = now();
    // Each part by the permission that guards it where it is read by itself: a token may be good for nodes only.
    const open = {
      state: { in: ["open", "flapping"] },
      muteId: null,
      isShadow: false,
      node: scopeFor(actor, "findings:read").where,
    };
    const mayReadRepairs = holds(actor, "repairs:read");
    const [severities, needYou, groups, active, recent, trend, silence, beats] = await Promise.all([
      db.finding.groupBy({ by: ["severity"], where: open, _count: { _all: true } }),
      db.finding.count({
        where: { ...open, acknowledgedAt: null, repairs: { none: { activeKey: { not: null } } } },
      }),
      holds(actor, "findings:read") ? findingGroups.call(ctx, {}) : [],
      mayReadRepairs ? listRepairs.call(ctx, { state: "active", pageSize: 20 }) : noRepairs,
      mayReadRepairs ? listRepairs.call(ctx, { state: "over", pageSize: 5 }) : noRepairs,
      readTrend(db, scope, at),
      readHeld(db, at),
      db.processBeat.findMany({ select: { name: true, beatAt: true, version: true } }),
    ]);
    const byState = zeros();
    for (const [name, count] of trend.present)
      byState[nodeStates.find((state) => state === name) ?? "unknown"] += count;
    const openFindings = { critical: 0, warning: 0, info: 0 };
    for (const row of severities) {
      if (row.severity === "critical" || row.severity === "warning" || row.severity === "info")
        openFindings[row.severity] += row._count._all;
    }
    return {
      total: Object.values(byState).reduce((sum, n) => sum + n, 0),
      byState,
      openFindings,
      needYou,
      activeRepairs: active.rows,
      recentRepairs: recent.rows,
      groups: groups.slice(0, GROUPS_MAX),
      trend: trend.points,
      silence,
      processes: processStates(beats, at),
    };
  },
});
