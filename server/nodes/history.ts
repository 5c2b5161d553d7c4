// Health of a node over time: its states as segments, samples for the panels, marks for what was changed.
import { repairById } from "../../repairs/index.ts";
import { scopeFor } from "../core/scope.ts";
import { query } from "../core/verb.ts";
import { NodeHistory, type NodeHistoryResult, NodeState } from "./schema.ts";

const HOUR_MS = 3_600_000;
/** More points than this a panel cannot show; samples are thinned to it. */
const SAMPLES_MAX = 360;

type Segment = NodeHistoryResult["segments"][number];

/** Changes in time order to segments between `from` and `to`; what held before the first change comes from `before`. */
export function toSegments(
  changes: { to: string; reason: string; at: Date }[],
  before: { to: string; reason: string } | null,
  from: Date,
  to: Date,
): Segment[] {
  const segments: Segment[] = [];
  let current = before;
  let start = from;
  const close = (end: Date): void => {
    if (!current || end <= start) return;
    const state = NodeState.safeParse(current.to);
    segments.push({ state: state.success ? state.data : "unknown", reason: current.reason, from: start, to: end });
  };
  for (const change of changes) {
    close(change.at);
    current = change;
    start = change.at;
  }
  close(to);
  return segments;
}

export const nodeHistory = query({
  name: "nodes.history",
  access: "nodes:read",
  on: "node",
  input: NodeHistory,
  async run({ db, actor, now, scope }, { node, hours }): Promise<NodeHistoryResult> {
    const nodeId = await scope.node(db, node);
    const to = now();
    const from = new Date(to.getTime() - hours * HOUR_MS);
    const [changes, before, samples, repairs, findings] = await Promise.all([
      db.nodeStateChange.findMany({
        where: { nodeId, at: { gte: from } },
        orderBy: [{ at: "asc" }, { id: "asc" }],
        take: 5_000,
        select: { to: true, reason: true, at: true },
      }),
      db.nodeStateChange.findFirst({
        where: { nodeId, at: { lt: from } },
        orderBy: [{ at: "desc" }, { id: "desc" }],
        select: { to: true, reason: true },
      }),
      db.nodeSample.findMany({
        where: { nodeId, at: { gte: from } },
        orderBy: { at: "asc" },
        select: {
          at: true,
          cpuUsedRatio: true,
          memoryUsedRatio: true,
          diskUsedRatio: true,
          ioPressure: true,
          memoryPressure: true,
          containerCount: true,
        },
      }),
      db.repair.findMany({
        where: { nodeId, node: scopeFor(actor, "repairs:read").where, createdAt: { gte: from } },
        orderBy: { createdAt: "desc" },
        take: 100,
        select: { id: true, repairId: true, createdAt: true },
      }),
      db.finding.findMany({
        where: { nodeId, isShadow: false, node: scopeFor(actor, "findings:read").where, openedAt: { gte: from } },
        orderBy: { openedAt: "desc" },
        take: 100,
        select: { id: true, checkId: true, openedAt: true },
      }),
    ]);
    const every = Math.max(1, Math.ceil(samples.length / SAMPLES_MAX));
    return {
      from,
      to,
      segments: toSegments(changes, before, from, to),
      samples: samples.filter((_, i) => i % every === 0 || i === samples.length - 1),
      marks: [
        ...repairs.map((r) => ({
          at: r.createdAt,
          kind: "repair" as const,
          label: repairById(r.repairId)?.title.en ?? r.repairId,
          href: `/repairs/${r.id}`,
        })),
        ...findings.flatMap((f) =>
          f.openedAt ? [{ at: f.openedAt, kind: "finding" as const, label: f.checkId, href: `/findings/${f.id}` }] : [],
        ),
      ].sort((a, b) => a.at.getTime() - b.at.getTime()),
    };
  },
});
