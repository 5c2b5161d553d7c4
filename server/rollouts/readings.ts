// What is read of the watched nodes at one look, and what is kept of them until the next.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { FactKind } from "../../protocol/facts.ts";
import { toPgJson } from "../agents/pg-json.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { isGatewayAlive, toView } from "../inspections/facts.ts";
import type { Watched } from "./arms.ts";
import type { FindingEvent, Kept, NodeInput, NodeWindow } from "./signals.ts";

/** Kinds of facts that signals, and proofs that the changed path ran, are read from. */
const KINDS = [
  "modules",
  "runtimes",
  "containers",
  "runtimeMetrics",
  "startup",
  "pressure",
  "vm",
  "cni",
  "sysctls",
  "images",
  "timeSync",
] as const satisfies readonly FactKind[];

export type Seen = {
  node: Watched;
  input: NodeInput;
  /** When the run that changed it was begun, the node's clock; in whole seconds, as facts tell when a module was started. */
  begunAt: number;
  /** When its facts were last confirmed, on the console's clock. */
  confirmedAt: number;
};

type NodeRow = {
  id: string;
  state: string;
  stateSince: Date;
  isConnected: boolean;
  lastSeenAt: Date | null;
  disconnectedAt: Date | null;
};
type FactRow = { nodeId: string; kind: string; data: unknown; error: string | null; at: Date; receivedAt: Date };
type Query = { rolloutId: string; watched: readonly Watched[]; modules: readonly string[]; since: number | null };

/** One look's reading of all watched nodes, four queries in all. `since`: the look before; null at the first of a wave. */
export async function readInputs(
  db: PrismaClient,
  { rolloutId, watched, modules, since }: Query,
  now: Date,
): Promise<Seen[]> {
  const ids = watched.map(({ id }) => id);
  const [nodes, facts, findings, readings, isAlive] = await Promise.all([
    db.$queryRaw<NodeRow[]>(sql`
      SELECT id, state, state_since AS "stateSince", is_connected AS "isConnected", last_seen_at AS "lastSeenAt", disconnected_at AS "disconnectedAt"
      FROM node WHERE id = ANY(${ids}::uuid[])`),
    db.$queryRaw<FactRow[]>(sql`
      SELECT node_id AS "nodeId", kind, data, error, at, received_at AS "receivedAt" FROM node_fact
      WHERE node_id = ANY(${ids}::uuid[]) AND kind = ANY(${[...KINDS]}::text[])`),
    openedFindings(db, rolloutId, watched, since, now),
    db.rolloutReading.findMany({ where: { rolloutId }, select: { nodeId: true, arm: true, values: true } }),
    isGatewayAlive(db, now),
  ]);
  const factsOf = Map.groupBy(facts, ({ nodeId }) => nodeId);
  const nodeOf = new Map(nodes.map((node) => [node.id, node]));
  const readingOf = new Map(readings.map((one) => [`${one.arm} ${one.nodeId}`, one.values as unknown as Kept]));
  return watched.flatMap((node) => {
    const row = nodeOf.get(node.id);
    if (!row) return [];
    const view = toView(factsOf.get(node.id) ?? [], row, isAlive, now);
    const offset = view.now - now.getTime();
    const before = since === null ? null : (readingOf.get(`${node.arm} ${node.id}`) ?? null);
    const confirmedAt = view.isLive ? now.getTime() : (row.lastSeenAt?.getTime() ?? 0);
    const from = node.appliedAt?.getTime() ?? since ?? now.getTime();
    const input: NodeInput = {
      facts: view.facts,
      lookedAt: view.lookedAt,
      findings: findings.get(node.id) ?? [],
      isLost: row.state === "not_reporting" && row.stateSince.getTime() > Math.max(from, since ?? 0),
      modules,
      before,
      // A node that was watched before its change begins anew with it: what the change itself restarts is not what it did afterwards.
      since: Math.max(before?.at ?? 0, before && !node.appliedAt ? 0 : from + offset),
      changedAt: from + offset,
    };
    const begunAt = Math.floor(((node.begunAt?.getTime() ?? from) + offset) / 1_000) * 1_000;
    return [{ node, input, begunAt, confirmedAt }];
  });
}

/** So long after a change was on it every node has looked at what could be critical again, ms: collectors of such kinds look each 5–15 s. */
const LOOKED_AGAIN_MS = 15_000;

/**
 * Findings that opened since the last look – of a changed node also those since its change –, muted ones and those in the shadow left out. What became
 * critical while the change was being put in place may be its passing effect (a restart): it counts, once, where it still stands a moment after.
 */
async function openedFindings(
  db: PrismaClient,
  rolloutId: string,
  watched: readonly Watched[],
  since: number | null,
  now: Date,
): Promise<Map<string, FindingEvent[]>> {
  const from = watched.map(
    ({ appliedAt }) => new Date(Math.max(appliedAt?.getTime() ?? 0, since ?? (appliedAt ? 0 : now.getTime()))),
  );
  const begun = watched.map(({ firstBegunAt }) => firstBegunAt);
  const again = (at: number) => new Date(at - LOOKED_AGAIN_MS);
  const rows = await db.$queryRaw<{ nodeId: string; checkId: string; severity: string; openedAt: Date }[]>(sql`
    SELECT f.node_id AS "nodeId", f.check_id AS "checkId", f.severity, f.opened_at AS "openedAt"
    FROM unnest(${watched.map(({ id }) => id)}::uuid[], ${from}::timestamptz[], ${begun}::timestamptz[], ${watched.map(({ appliedAt }) => appliedAt)}::timestamptz[]) AS w(id, since, begun, applied)
    JOIN finding f ON f.node_id = w.id AND f.mute_id IS NULL AND NOT f.is_shadow AND (
      f.opened_at > w.since AND f.state IN ('open', 'flapping', 'recovering')
      OR f.opened_at > w.begun AND f.opened_at <= w.applied AND f.severity = 'critical' AND f.state IN ('open', 'flapping')
        AND w.applied BETWEEN ${since === null ? new Date(0) : again(since)}::timestamptz AND ${again(now.getTime())}::timestamptz)
    WHERE NOT EXISTS (SELECT FROM rollout_target t WHERE t.rollout_id = ${rolloutId}::uuid AND t.finding_id = f.id)`);
  const events = rows.map(({ openedAt, ...rest }) => ({ ...rest, openedAt: openedAt.getTime() }));
  return Map.groupBy(events, ({ nodeId }) => nodeId);
}

/** Keeps what the next look compares with; nodes that are not watched any more are forgotten. */
export async function storeReadings(
  tx: Tx,
  rolloutId: string,
  seen: readonly Seen[],
  windows: ReadonlyMap<string, NodeWindow>,
  now: Date,
): Promise<void> {
  const rows = seen.flatMap(({ node }) => {
    const kept = windows.get(node.id)?.kept;
    return kept ? [{ id: node.id, arm: node.arm, kept: toPgJson(kept) }] : [];
  });
  await tx.$executeRaw(
    sql`DELETE FROM rollout_reading WHERE rollout_id = ${rolloutId}::uuid AND NOT node_id = ANY(${rows.map(({ id }) => id)}::uuid[])`,
  );
  await tx.$executeRaw(sql`
    INSERT INTO rollout_reading (rollout_id, node_id, arm, at, values, baseline)
    SELECT ${rolloutId}::uuid, r.id, r.arm, ${now}::timestamptz, r.kept, r.kept
    FROM unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ arm }) => arm)}::text[], ${rows.map(({ kept }) => kept)}::jsonb[]) AS r(id, arm, kept)
    ON CONFLICT (rollout_id, node_id) DO UPDATE SET arm = excluded.arm, at = excluded.at, values = excluded.values,
      baseline = CASE WHEN rollout_reading.arm = excluded.arm THEN rollout_reading.baseline ELSE excluded.baseline END`);
}
