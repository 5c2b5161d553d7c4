// One time line of a node: states, findings, repairs, rollouts, kernel messages and what people did, newest first.
import { checkById } from "../../checks/index.ts";
import { actorNames } from "../core/actor-names.ts";
import { scopeFor } from "../core/scope.ts";
import { query } from "../core/verb.ts";
import { RepairState } from "../repairs/schema.ts";
import { repairTitle } from "../repairs/title.ts";
import { NodeTimeline, type TimelineEvent } from "./schema.ts";
import { rolloutEvents } from "./timeline-rollouts.ts";

/** Kernel messages of this syslog level or worse are on the time line (4 = warning). */
const KERNEL_LEVEL_MAX = 4;

const stateTitles: Record<string, TimelineEvent["title"]> = {
  healthy: { en: "Healthy", zh: "健康" },
  degraded: { en: "Degraded", zh: "降级" },
  unhealthy: { en: "Unhealthy", zh: "不健康" },
  not_reporting: { en: "Not reporting", zh: "失联" },
  unknown: { en: "Unknown", zh: "未知" },
  maintenance: { en: "Maintenance", zh: "维护中" },
};
const stateSeverity: Record<string, TimelineEvent["severity"]> = {
  healthy: "ok",
  unhealthy: "critical",
  not_reporting: "critical",
  degraded: "warning",
};
const repairSeverity: Record<string, TimelineEvent["severity"]> = { succeeded: "ok", failed: "warning" };
const same = (text: string): TimelineEvent["title"] => ({ en: text, zh: text });
/** How a run stands, and who asked for it. */
const repairStates: Record<RepairState, TimelineEvent["title"]> = {
  awaiting: { en: "waits for approval", zh: "等待批准" },
  queued: { en: "queued", zh: "排队中" },
  capturing: { en: "captures evidence", zh: "采集证据" },
  running: { en: "running", zh: "执行中" },
  verifying: { en: "verifying", zh: "验证中" },
  succeeded: { en: "succeeded", zh: "成功" },
  failed: { en: "failed", zh: "失败" },
  cancelled: { en: "cancelled", zh: "已取消" },
};
function repairDetail(state: string, by: string): TimelineEvent["detail"] {
  const words = repairStates[RepairState.catch("failed").parse(state)];
  return { en: `${words.en}, ${by}`, zh: `${words.zh}，${by}` };
}
const severityOf = (text: string): TimelineEvent["severity"] =>
  text === "critical" || text === "warning" ? text : "info";

export const nodeTimeline = query({
  name: "nodes.timeline",
  access: "nodes:read",
  on: "node",
  input: NodeTimeline,
  async run(
    { db, actor, now, scope },
    { node, before, limit },
  ): Promise<{ events: TimelineEvent[]; hasMore: boolean }> {
    const nodeId = await scope.node(db, node);
    const at = { lt: before ?? new Date(now().getTime() + 600_000) };
    const take = limit + 1;
    // Each part by the permission that guards it where it is read by itself.
    const inFindings = { nodeId, isShadow: false, node: scopeFor(actor, "findings:read").where };
    const inRepairs = { nodeId, node: scopeFor(actor, "repairs:read").where };
    const inAudit = scopeFor(actor, "audit:read");
    const mayReadAudit =
      inAudit.isWhole || (await db.node.count({ where: { AND: [{ id: nodeId }, inAudit.where] } })) > 0;
    const [states, opened, closed, repairs, kernel, audit, rollouts] = await Promise.all([
      db.nodeStateChange.findMany({
        where: { nodeId, at },
        orderBy: { at: "desc" },
        take,
        select: { id: true, to: true, reason: true, at: true },
      }),
      db.finding.findMany({
        where: { ...inFindings, openedAt: at },
        orderBy: { openedAt: "desc" },
        take,
        select: { id: true, checkId: true, subject: true, severity: true, openedAt: true },
      }),
      db.finding.findMany({
        where: { ...inFindings, closedAt: at, openedAt: { not: null } },
        orderBy: { closedAt: "desc" },
        take,
        select: { id: true, checkId: true, subject: true, closedAt: true, closeReason: true },
      }),
      db.repair.findMany({
        where: { ...inRepairs, createdAt: at },
        orderBy: { createdAt: "desc" },
        take,
        select: {
          id: true,
          repairId: true,
          undoOfId: true,
          state: true,
          direction: true,
          requestedBy: true,
          createdAt: true,
        },
      }),
      db.kernelEvent.findMany({
        where: { nodeId, at, level: { lte: KERNEL_LEVEL_MAX } },
        orderBy: { at: "desc" },
        take,
        select: { bootId: true, seq: true, at: true, level: true, message: true },
      }),
      mayReadAudit
        ? db.auditEvent.findMany({
            where: { nodeId, at, action: { startsWith: "nodes." } },
            orderBy: { at: "desc" },
            take,
            select: { id: true, at: true, action: true, actorName: true, outcome: true },
          })
        : [],
      rolloutEvents(db, nodeId, scopeFor(actor, "rollouts:read"), { at, take }),
    ]);
    const nameOf = await actorNames(
      db,
      repairs.map((r) => r.requestedBy),
    );
    const events: TimelineEvent[] = [
      ...states.map((s) => ({
        id: s.id,
        at: s.at,
        kind: "state" as const,
        severity: stateSeverity[s.to] ?? "info",
        title: stateTitles[s.to] ?? same(s.to),
        detail: same(s.reason),
        href: null,
      })),
      ...opened.flatMap((f) =>
        f.openedAt
          ? [
              {
                id: `${f.id}-opened`,
                at: f.openedAt,
                kind: "finding-opened" as const,
                severity: severityOf(f.severity),
                title: checkById(f.checkId)?.title ?? same(f.checkId),
                detail: same(f.subject),
                href: `/findings/${f.id}`,
              },
            ]
          : [],
      ),
      ...closed.flatMap((f) =>
        f.closedAt
          ? [
              {
                id: `${f.id}-closed`,
                at: f.closedAt,
                kind: "finding-closed" as const,
                severity: "ok" as const,
                title: checkById(f.checkId)?.title ?? same(f.checkId),
                detail: same(`${f.subject} (${f.closeReason ?? "cleared"})`),
                href: `/findings/${f.id}`,
              },
            ]
          : [],
      ),
      ...repairs.map((r) => ({
        id: r.id,
        at: r.createdAt,
        // A change of a rollout is carried out by the repairs' engine, and is no repair.
        kind: r.repairId.startsWith("change/") ? ("rollout" as const) : ("repair" as const),
        severity: repairSeverity[r.state] ?? ("info" as const),
        title: repairTitle(r.repairId, r.undoOfId !== null || r.direction === "revert"),
        detail: repairDetail(r.state, nameOf(r.requestedBy)),
        href: `/repairs/${r.id}`,
      })),
      ...kernel.map((k) => ({
        id: `${k.bootId}-${k.seq}`,
        at: k.at,
        kind: "kernel" as const,
        severity: k.level <= 3 ? ("warning" as const) : ("info" as const),
        title: same(k.message),
        detail: same(""),
        href: null,
      })),
      ...audit.map((a) => ({
        id: a.id,
        at: a.at,
        kind: "audit" as const,
        severity: "info" as const,
        title: same(a.action),
        detail: same(`${a.actorName}${a.outcome === "done" ? "" : ` (${a.outcome})`}`),
        href: null,
      })),
      ...rollouts,
    ].sort((a, b) => b.at.getTime() - a.at.getTime());
    return { events: events.slice(0, limit), hasMore: events.length > limit };
  },
});
