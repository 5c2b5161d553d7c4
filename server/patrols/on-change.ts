// Patrols on change: whoever inspects nodes because facts came in says so here, and nodes with a change that a patrol waits for are gathered into one run.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { toAppError } from "../core/errors.ts";
import { wholeFleet } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { INTERVAL_MIN_MS, Trigger } from "./schema.ts";
import { selection } from "./select.ts";
import { noteNoRun, OURSELVES, startRun } from "./start-run.ts";

/** Changes are gathered for so long before the look begins, ms: a package that is rolled out changes many nodes in a row. */
const GATHER_MS = 10_000;
/** A change that came in longer ago is no news, ms. */
const NEWS_MS = 60_000;
/** The list of patrols is read this often at most, ms. */
const REREAD_MS = 5_000;
/** Changes remembered as answered. Another process may answer one a second time, which costs a look and does no harm. */
const ANSWERED_MAX = 20_000;
/** A patrol that could not be begun is left alone for so long, ms. */
const REST_MS = 60_000;
/** Changes of states are asked for once more, ms: a transaction may end after a later one. */
const OVERLAP_MS = 10_000;
/** Nodes of one turn. */
const NODES_AT_ONCE = 5_000;

type Waiting = { id: string; selector: string; checkIds: string[]; kinds: string[] };

let known: { db: PrismaClient; at: number; patrols: Waiting[] } | null = null;
const answered = new Set<string>();
const restsUntil = new Map<string, number>();
let statesReadAt: { db: PrismaClient; at: number } | null = null;

async function waitingPatrols(db: PrismaClient, now: Date): Promise<Waiting[]> {
  if (known && known.db === db && Math.abs(now.getTime() - known.at) < REREAD_MS) return known.patrols;
  const rows = await db.$queryRaw<{ id: string; selector: string; checkIds: string[]; trigger: unknown }[]>(
    sql`SELECT id, selector, check_ids AS "checkIds", trigger FROM patrol WHERE is_enabled AND trigger ->> 'type' = 'change'`,
  );
  const patrols = rows.flatMap(({ trigger, ...row }) => {
    const parsed = Trigger.safeParse(trigger);
    return parsed.success && parsed.data.type === "change" ? [{ ...row, kinds: parsed.data.kinds }] : [];
  });
  known = { db, at: now.getTime(), patrols };
  return patrols;
}

/** One patrol that fails stops no other, and no inspection. @returns runs that were begun or grew */
export async function noteChanges(db: PrismaClient, nodeIds: readonly string[], now: Date): Promise<number> {
  let runs = 0;
  for (const patrol of await waitingPatrols(db, now)) {
    if ((restsUntil.get(patrol.id) ?? 0) > now.getTime()) continue;
    try {
      if (await noteFor(db, patrol, nodeIds, now)) runs += 1;
    } catch (err) {
      restsUntil.set(patrol.id, now.getTime() + REST_MS);
      const { message, publicMessage } = toAppError(err);
      console.warn(JSON.stringify({ level: "warn", msg: "a patrol failed", patrolId: patrol.id, err: message }));
      await noteNoRun(db, patrol, { state: "failed", note: `it could not start: ${publicMessage}` }, now);
    }
  }
  return runs;
}

/**
 * Nodes whose state changed since this process asked last, whoever noticed it: the gateway, an inspection, maintenance.
 * @returns runs that were begun or grew
 */
export async function noteStateChanges(db: PrismaClient, now: Date): Promise<number> {
  const patrols = await waitingPatrols(db, now);
  if (!patrols.some(({ kinds }) => kinds.includes("node-state"))) return 0;
  const last = statesReadAt?.db === db ? statesReadAt.at - OVERLAP_MS : 0;
  const since = new Date(Math.max(last, now.getTime() - NEWS_MS));
  const rows = await db.$queryRaw<{ id: string }[]>(
    sql`SELECT id FROM node WHERE revoked_at IS NULL AND state_since > ${since}::timestamptz ORDER BY id`,
  );
  let runs = 0;
  for (let at = 0; at < rows.length; at += NODES_AT_ONCE) {
    const ids = rows.slice(at, at + NODES_AT_ONCE).map(({ id }) => id);
    runs += await noteChanges(db, ids, now);
  }
  statesReadAt = { db, at: now.getTime() };
  return runs;
}

async function noteFor(db: PrismaClient, patrol: Waiting, nodeIds: readonly string[], now: Date): Promise<boolean> {
  const since = new Date(now.getTime() - NEWS_MS);
  const changed = await db.$queryRaw<{ id: string; key: string }[]>(sql`
    SELECT n.id, c.key FROM node n JOIN LATERAL (
      SELECT f.kind || ' ' || f.hash AS key FROM node_fact f
      WHERE f.node_id = n.id AND f.kind = ANY(${patrol.kinds}::text[]) AND f.received_at > ${since}::timestamptz
      UNION ALL
      SELECT 'node-state ' || s.id FROM node_state_change s
      WHERE s.node_id = n.id AND s.at > ${since}::timestamptz AND 'node-state' = ANY(${patrol.kinds}::text[])
    ) c ON true
    WHERE n.id = ANY(${[...nodeIds]}::uuid[]) AND ${selection(patrol.selector, wholeFleet)}`);
  const keyed = changed.map(({ id, key }) => ({ id, key: `${patrol.id} ${id} ${key}` }));
  const fresh = keyed.filter(({ key }) => !answered.has(key));
  const ids = [...new Set(fresh.map(({ id }) => id))];
  if (ids.length === 0) return false;
  await gather(db, patrol, ids, now);
  // Answered only now: what failed before this line is news once more.
  if (answered.size + fresh.length > ANSWERED_MAX) answered.clear();
  for (const { key } of fresh) answered.add(key);
  return true;
}

/** Into the run that gathers, or a new one that begins a minute after the last one at the earliest. */
async function gather(db: PrismaClient, patrol: Waiting, nodeIds: string[], now: Date): Promise<void> {
  const at = now.getTime();
  const { id: patrolId, selector, checkIds } = patrol;
  const gathersUntil = sql`(report -> 'settings' ->> 'gathersUntil')::bigint`;
  await db.$transaction(async (tx) => {
    // One process at a time, or each of them would begin one.
    await tx.$queryRaw(sql`SELECT id FROM patrol WHERE id = ${patrolId}::uuid FOR UPDATE`);
    const grown = await tx.$executeRaw(sql`
      UPDATE patrol_run SET node_ids = (SELECT array_agg(DISTINCT id ORDER BY id) FROM unnest(node_ids || ${nodeIds}::uuid[]) AS id)
      WHERE patrol_id = ${patrolId}::uuid AND state = 'running' AND done = 0 AND ${gathersUntil} > ${at}`);
    if (grown > 0) return;
    const [last] = await tx.$queryRaw<{ begun: number | null }[]>(sql`
      SELECT max(${gathersUntil})::float8 AS begun FROM patrol_run
      WHERE patrol_id = ${patrolId}::uuid AND started_at > ${new Date(at - 2 * INTERVAL_MIN_MS)}::timestamptz`);
    const gatherMs = Math.max(GATHER_MS, (last?.begun ?? 0) + INTERVAL_MIN_MS - at);
    await startRun(
      tx,
      { patrolId, purpose: "patrol", selector, checkIds, nodeIds, jitterMs: 0, by: OURSELVES, gatherMs },
      now,
    );
  });
}
