// Carries out "withdraw", "release", "retry" and time limits of a rollout: what its nodes' rows become when the engine says so.
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { type Loaded, ownerOf } from "./rows.ts";

/** Marks a target whose run the rollout itself has called back: untouched, it waits for its turn again. A run that a person ended is no such run. */
const WITHDRAWN = JSON.stringify({ en: "Called back.", zh: "已撤回。", isWithdrawn: true });

/**
 * Calls back what no node has confirmed: the repairs' engine takes the commands off the way (repairs/call-back.ts). A run that still awaits approval goes too;
 * one that is being approved right now finds its rollout over (single.ts).
 * @returns runs to be brought forward
 */
export async function withdraw(tx: Tx, rolloutId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>(sql`
    UPDATE repair SET is_cancel_requested = true, version = version + 1
    WHERE rollout_id = ${rolloutId}::uuid AND ended_at IS NULL AND (state IN ('queued', 'capturing', 'running')
      OR id IN (SELECT a.id FROM repair a WHERE a.rollout_id = ${rolloutId}::uuid AND a.state = 'awaiting' FOR UPDATE SKIP LOCKED)) RETURNING id`);
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0)
    await tx.$executeRaw(sql`UPDATE rollout_target SET reason = ${WITHDRAWN}::jsonb
      WHERE rollout_id = ${rolloutId}::uuid AND state IN ('applying', 'reverting') AND run_id = ANY(${ids}::uuid[])`);
  return ids;
}

/** Leases of what has passed or is over; never of a node that is under way. */
export const release = (tx: Tx, rolloutId: string, wave: number | "all", now: Date): Promise<number> =>
  tx.$executeRaw(sql`
    UPDATE lease l SET released_at = ${now}::timestamptz, active_key = NULL
    FROM rollout_target t WHERE t.rollout_id = ${rolloutId}::uuid AND t.node_id = l.node_id AND l.owner = ${ownerOf(rolloutId)}
      AND l.active_key IS NOT NULL AND t.state NOT IN ('applying', 'reverting') AND ${wave === "all" ? sql`true` : sql`t.wave = ${wave}`}
      AND NOT EXISTS (SELECT FROM repair r WHERE r.active_key = l.node_id::text AND r.rollout_id = t.rollout_id)`);

/** Failed nodes that were looked at since they failed may be tried again; each attempt counts anew. */
export const retryFailed = (tx: Tx, rolloutId: string, wave: number, now: Date): Promise<number> =>
  tx.$executeRaw(sql`
    UPDATE rollout_target t SET state = 'pending', changed_at = ${now}::timestamptz, attempt = 0
    WHERE t.rollout_id = ${rolloutId}::uuid AND t.wave = ${wave} AND t.state = 'failed'
      AND NOT EXISTS (SELECT FROM repair r WHERE r.active_key = t.node_id::text)
      AND EXISTS (SELECT FROM node_fact f WHERE f.node_id = t.node_id AND f.received_at > t.changed_at)`);

const TRIED = JSON.stringify({ en: "An earlier attempt changed it.", zh: "此前的尝试已更改该节点。" });

/**
 * Before the way back: nodes that wait to be tried again carry what the attempt before did to them, and count as failed so that it is taken back.
 * @returns how many there are
 */
export const returnTried = (tx: Tx, rolloutId: string, wave: number, now: Date): Promise<number> =>
  tx.$executeRaw(sql`
    UPDATE rollout_target t SET state = 'failed', reason = ${TRIED}::jsonb, changed_at = ${now}::timestamptz
    WHERE t.rollout_id = ${rolloutId}::uuid AND t.wave BETWEEN 0 AND ${wave} AND t.state = 'pending'
      AND EXISTS (SELECT FROM repair r JOIN command c ON c.repair_id = r.id
        WHERE r.rollout_id = t.rollout_id AND r.node_id = t.node_id AND r.direction = 'apply' AND c.role = 'step' AND c.result IS NOT NULL)`);

const LATE = JSON.stringify({ en: "It was not changed in time.", zh: "未在时限内完成变更。" });

/**
 * Nodes that are under way for too long count as failed; their runs are told to end. Runs are locked before targets, as whoever ends a run locks them; one
 * that somebody brings forward right now has its turn at the next tick.
 * @returns those runs
 */
export async function timeOut(tx: Tx, { id, state, policy }: Loaded, now: Date): Promise<string[]> {
  const waves = state.waves.flatMap(({ counts }, wave) => (counts.applying + counts.reverting > 0 ? [wave] : []));
  if (waves.length === 0) return [];
  const since = new Date(now.getTime() - policy.applyTimeoutMs);
  const underWay = sql`t.rollout_id = ${id}::uuid AND t.wave = ANY(${waves}::int[]) AND t.state IN ('applying', 'reverting')`;
  const late = await tx.$queryRaw<{ id: string }[]>(sql`
    SELECT r.id FROM rollout_target t JOIN repair r ON r.id = t.run_id
    WHERE ${underWay} AND t.changed_at < ${since}::timestamptz ORDER BY r.id FOR UPDATE OF r SKIP LOCKED`);
  const ids = late.map(({ id: runId }) => runId);
  if (ids.length === 0) return [];
  await tx.$executeRaw(sql`
    UPDATE rollout_target t SET state = CASE t.state WHEN 'applying' THEN 'failed' ELSE 'revertFailed' END, reason = ${LATE}::jsonb,
      changed_at = ${now}::timestamptz
    WHERE ${underWay} AND t.run_id = ANY(${ids}::uuid[])`);
  await tx.repair.updateMany({
    where: { id: { in: ids }, endedAt: null },
    data: { isCancelRequested: true, version: { increment: 1 } },
  });
  return ids;
}
