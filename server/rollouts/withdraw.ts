// Carries out "withdraw", "release", "retry" and time limits of a rollout: what its nodes' rows become when the engine says so.
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { ownerOf } from "./rows.ts";

/** Calls back what no node has confirmed: the repairs' engine takes the commands off the way (repairs/call-back.ts). @returns runs to be brought forward */
export async function withdraw(tx: Tx, rolloutId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>(sql`
    UPDATE repair SET is_cancel_requested = true, version = version + 1
    WHERE rollout_id = ${rolloutId}::uuid AND ended_at IS NULL AND state IN ('queued', 'capturing', 'running') RETURNING id`);
  return rows.map(({ id }) => id);
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

const LATE = JSON.stringify({ en: "It was not changed in time.", zh: "未在时限内完成变更。" });

/** Nodes that are under way for too long count as failed; their runs are told to end. @returns those runs */
export async function timeOut(tx: Tx, rolloutId: string, applyTimeoutMs: number, now: Date): Promise<string[]> {
  const since = new Date(now.getTime() - applyTimeoutMs);
  const rows = await tx.$queryRaw<{ runId: string | null }[]>(sql`
    UPDATE rollout_target SET state = CASE state WHEN 'applying' THEN 'failed' ELSE 'revertFailed' END, reason = ${LATE}::jsonb, changed_at = ${now}::timestamptz
    WHERE rollout_id = ${rolloutId}::uuid AND state IN ('applying', 'reverting') AND changed_at < ${since}::timestamptz RETURNING run_id AS "runId"`);
  const ids = rows.flatMap(({ runId }) => runId ?? []);
  if (ids.length > 0)
    await tx.repair.updateMany({
      where: { id: { in: ids }, endedAt: null },
      data: { isCancelRequested: true, version: { increment: 1 } },
    });
  return ids;
}
