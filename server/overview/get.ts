// The overview: how many nodes stand how, what needs a person, what runs, and whether the console itself is well.
import { z } from "zod";
import type { Context } from "../core/context.ts";
import { processStates } from "../core/process-state.ts";
import { query } from "../core/verb.ts";
import { findingGroups } from "../findings/groups.ts";
import { type NodeState, nodeStates } from "../nodes/schema.ts";
import { listRepairs } from "../repairs/list.ts";
import type { Overview } from "./schema.ts";
import { readTrend } from "./trend.ts";

const GROUPS_MAX = 20;

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
  input: z.void(),
  async run({ db, actor, now }): Promise<Overview> {
    const ctx: Context = { db, actor, now, requestId: null };
    const at = now();
    const [states, severities, needYou, groups, active, recent, trend, beats] = await Promise.all([
      db.node.groupBy({ by: ["state"], where: { revokedAt: null }, _count: { _all: true } }),
      db.finding.groupBy({ by: ["severity"], where: { state: { in: ["open", "flapping"] } }, _count: { _all: true } }),
      db.finding.count({
        where: {
          state: { in: ["open", "flapping"] },
          acknowledgedAt: null,
          repairs: { none: { activeKey: { not: null } } },
        },
      }),
      findingGroups.call(ctx, {}),
      listRepairs.call(ctx, { state: "active", pageSize: 20 }),
      listRepairs.call(ctx, { state: "over", pageSize: 5 }),
      readTrend(db, at),
      db.processBeat.findMany({ select: { name: true, beatAt: true, version: true } }),
    ]);
    const byState = zeros();
    for (const row of states) {
      const state = nodeStates.find((s) => s === row.state) ?? "unknown";
      byState[state] += row._count._all;
    }
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
      trend,
      processes: processStates(beats, at),
    };
  },
});
