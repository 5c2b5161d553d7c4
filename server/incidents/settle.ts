// Puts findings that share a cause under one incident, and keeps incidents in line with them: set-based, one transaction, one at a time in the fleet.
// Doing it twice does no harm. Called by the sweep, and before anything is started by itself.
import { v7 as uuidv7 } from "uuid";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { publishChanges } from "../core/changes.ts";
import type { Tx } from "../core/context.ts";
import { type Sql, sql } from "../core/sql.ts";
import { checkTitles } from "../inspections/titles.ts";
import { readBursts, sharesSql } from "./bursts.ts";
import { causeOf, isNodeLocal, nodesNeeded, titleOf } from "./cause.ts";
import { BURST_MS, type SharedCause } from "./infer.ts";
import { isIncidentOver, isSameAgain, isShared, REOPEN_WITHIN_MS } from "./life.ts";
import { toTitle } from "./rows.ts";

/** First key of our advisory locks on incidents. */
const INCIDENTS_LOCK = 7_102;
/** Counts that did not change are written this often at most, ms. */
const SEEN_AGAIN_MS = 30_000;

/** A finding that counts: people see it, and nobody asked not to be told. `f` of node `n`. */
export const COUNTS: Sql = sql`f.state IN ('open', 'flapping', 'recovering') AND f.mute_id IS NULL AND NOT f.is_shadow AND n.revoked_at IS NULL`;

export type Settled = { opened: number; closed: number; open: number };

export function settleIncidents(db: PrismaClient, now: Date): Promise<Settled> {
  return db.$transaction((tx) => settle(tx, now), { timeout: 30_000, maxWait: 10_000 });
}

async function settle(tx: Tx, now: Date): Promise<Settled> {
  await tx.$queryRaw(sql`SELECT pg_advisory_xact_lock(${INCIDENTS_LOCK}::int, 0)::text`);
  const open = new Map(
    (await tx.incident.findMany({ where: { liveKey: { not: null } }, select: openColumns })).map((row) => [
      row.causeKey,
      row,
    ]),
  );
  const changed = new Set<string>();
  /** Also of those that are opened right now: a cause is found by name and by inference, and by several checks. */
  const idOf = new Map([...open.values()].map(({ causeKey, id }) => [causeKey, id]));
  let opened = 0;
  const openNew = async (causeKey: string, inferred: Parameters<typeof openIncident>[2]): Promise<string> => {
    const id = await openIncident(tx, causeKey, inferred, now);
    idOf.set(causeKey, id);
    opened += 1;
    return id;
  };
  for (const { causeKey, nodeCount } of await readShared(tx)) {
    const cause = causeOf(causeKey);
    if (isNodeLocal(cause)) continue;
    let id = idOf.get(causeKey);
    if (!id && isShared(nodeCount, nodesNeeded(cause.kind))) id = await openNew(causeKey, null);
    if (id && (await link(tx, id, sql`f.cause_key = ${causeKey}`))) changed.add(id);
  }
  // Whoever turns bad later in the same way and shares it too belongs to it.
  for (const { id, title, checkIds, openedAt } of open.values()) {
    const { inference } = toTitle(title);
    const sharing = inference && sharesSql(inference.attribute, inference.value, openedAt);
    if (!sharing) continue;
    const joins = sql`f.check_id = ANY(${checkIds}::text[]) AND f.incident_id IS NULL AND f.cause_key IS NULL
      AND f.opened_at >= ${new Date(openedAt.getTime() - BURST_MS)} AND ${sharing}`;
    if (await link(tx, id, joins)) changed.add(id);
  }
  for (const { checkId, nodeIds, cause } of await readBursts(tx, now)) {
    const causeKey = `${cause.attribute}:${cause.value}`;
    const id = idOf.get(causeKey) ?? (await openNew(causeKey, { cause, checkId }));
    const joins = sql`f.check_id = ${checkId} AND f.incident_id IS NULL AND f.node_id = ANY(${nodeIds}::uuid[])`;
    if (await link(tx, id, joins)) changed.add(id);
  }
  const { closed, touched } = await refresh(tx, now);
  const ids = [...new Set([...changed, ...touched])];
  if (ids.length > 0) await publishChanges(tx, [{ domain: "incidents", ids }]);
  return { opened, closed, open: open.size + opened - closed };
}

const openColumns = { id: true, causeKey: true, title: true, checkIds: true, openedAt: true } as const;

/** Causes that checks named, on two nodes or more. */
const readShared = (tx: Tx): Promise<{ causeKey: string; nodeCount: number }[]> =>
  tx.$queryRaw(sql`
    SELECT f.cause_key AS "causeKey", count(DISTINCT f.node_id)::int AS "nodeCount"
    FROM finding f JOIN node n ON n.id = f.node_id WHERE f.cause_key IS NOT NULL AND ${COUNTS}
    GROUP BY 1 HAVING count(DISTINCT f.node_id) >= 2 ORDER BY 1`);

/** A new one, or the last one of that cause when it closed lately. @returns its id */
async function openIncident(
  tx: Tx,
  causeKey: string,
  inferred: { cause: SharedCause; checkId: string } | null,
  now: Date,
): Promise<string> {
  const last = await tx.incident.findFirst({
    where: { causeKey, closedAt: { gte: new Date(now.getTime() - REOPEN_WITHIN_MS) } },
    orderBy: { closedAt: "desc" },
    select: { id: true, closedAt: true },
  });
  if (last?.closedAt && isSameAgain(last.closedAt.getTime(), now.getTime())) {
    await tx.incident.update({
      where: { id: last.id },
      data: {
        state: "open",
        liveKey: causeKey,
        closedAt: null,
        lastSeenAt: now,
        acknowledgedBy: null,
        acknowledgedAt: null,
      },
      select: { id: true },
    });
    return last.id;
  }
  const cause = causeOf(causeKey);
  const title = titleOf(cause, inferred && (await checkTitles(tx))(inferred.checkId));
  const id = uuidv7();
  await tx.incident.create({
    data: {
      id,
      causeKey,
      liveKey: causeKey,
      kind: cause.kind,
      title: { ...title, inference: inferred?.cause ?? null },
      state: "open",
      severity: "warning",
      firstSeenAt: now,
      openedAt: now,
      lastSeenAt: now,
    },
    select: { id: true },
  });
  return id;
}

/** Puts findings under the incident; those that are being looked at right now follow in the next turn. @returns whether there were any */
async function link(tx: Tx, id: string, which: Sql): Promise<boolean> {
  const linked = await tx.$queryRaw<{ id: string }[]>(sql`
    WITH locked AS (
      SELECT f.id FROM finding f JOIN node n ON n.id = f.node_id
      WHERE ${which} AND ${COUNTS} AND f.incident_id IS DISTINCT FROM ${id}::uuid FOR UPDATE OF f SKIP LOCKED)
    UPDATE finding t SET incident_id = ${id}::uuid FROM locked WHERE t.id = locked.id RETURNING t.id`);
  if (linked.length > 0) await publishChanges(tx, [{ domain: "findings", ids: linked.map((row) => row.id) }]);
  return linked.length > 0;
}

type Count = {
  id: string;
  kind: string;
  title: unknown;
  lastSeenAt: Date;
  nodeCount: number;
  findingCount: number;
  isSame: boolean;
  severity: string;
  checkIds: string[];
  firstSeenAt: Date | null;
};

/** Counts every open incident anew, and closes those that are over. */
async function refresh(tx: Tx, now: Date): Promise<{ closed: number; touched: string[] }> {
  const counts = await tx.$queryRaw<Count[]>(sql`
    SELECT i.id, i.kind, i.title, i.last_seen_at AS "lastSeenAt", coalesce(c.nodes, 0) AS "nodeCount", coalesce(c.findings, 0) AS "findingCount",
      i.node_count = coalesce(c.nodes, 0) AND i.finding_count = coalesce(c.findings, 0) AND i.severity = coalesce(c.severity, i.severity)
        AND i.check_ids = coalesce(c.checks, i.check_ids) AS "isSame",
      coalesce(c.severity, i.severity) AS severity, coalesce(c.checks, i.check_ids) AS "checkIds", c.first_seen AS "firstSeenAt"
    FROM incident i LEFT JOIN LATERAL (
      SELECT count(DISTINCT f.node_id)::int AS nodes, count(*)::int AS findings, array_agg(DISTINCT f.check_id ORDER BY f.check_id) AS checks,
        CASE min(CASE f.severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END) WHEN 0 THEN 'critical' WHEN 1 THEN 'warning'
          WHEN 2 THEN 'info' END AS severity, min(f.first_seen_at) AS first_seen
      FROM finding f JOIN node n ON n.id = f.node_id WHERE f.incident_id = i.id AND ${COUNTS}) c ON true
    WHERE i.live_key IS NOT NULL ORDER BY i.id`);
  const touched: string[] = [];
  let closed = 0;
  for (const {
    id,
    kind,
    title,
    lastSeenAt,
    nodeCount,
    findingCount,
    isSame,
    severity,
    checkIds,
    firstSeenAt,
  } of counts) {
    const needed = toTitle(title).inference ? 2 : nodesNeeded(kind);
    const isOver = isIncidentOver(nodeCount, lastSeenAt.getTime(), now.getTime());
    const isSeen = isShared(nodeCount, needed) && now.getTime() - lastSeenAt.getTime() >= SEEN_AGAIN_MS;
    if (isSame && !isOver && !isSeen) continue;
    await tx.$executeRaw(sql`
      UPDATE incident SET node_count = ${nodeCount}, finding_count = ${findingCount}, peak_node_count = greatest(peak_node_count, ${nodeCount}),
        severity = ${severity}, check_ids = ${checkIds}::text[], first_seen_at = least(first_seen_at, coalesce(${firstSeenAt}::timestamptz, first_seen_at)),
        last_seen_at = CASE WHEN ${isShared(nodeCount, needed)} THEN ${now}::timestamptz ELSE last_seen_at END,
        state = ${isOver ? "closed" : "open"}, live_key = CASE WHEN ${isOver} THEN NULL ELSE live_key END,
        closed_at = CASE WHEN ${isOver} THEN ${now}::timestamptz ELSE NULL END
      WHERE id = ${id}::uuid`);
    touched.push(id);
    if (isOver) closed += 1;
  }
  return { closed, touched };
}
