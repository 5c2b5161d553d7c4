// A run of a rollout came to its end: its target moves, in the transaction that ends the run. The engine hears of it when it counts (moves.ts).
import type { Text } from "../../protocol/text.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { ownerOf } from "./rows.ts";

export type EndedRun = {
  id: string;
  nodeId: string;
  rolloutId: string;
  direction: string;
  state: "succeeded" | "failed" | "cancelled";
  outcome: Text | null;
};

/** A node that could not be reached is tried so often before it counts as failed. */
const ATTEMPTS_MAX = 3;

/** A step of run `r` was begun on its node, or may have been. */
const TOUCHED = sql`EXISTS (SELECT FROM command c WHERE c.repair_id = r.id AND c.role = 'step'
  AND c.state IN ('accepted', 'done', 'failed', 'unknown'))`;
/** Its command was refused by the dispatcher or the node: trying it again changes nothing. */
const REFUSED = sql`EXISTS (SELECT FROM command c WHERE c.repair_id = r.id AND c.state = 'refused')`;

/** A freeze took its command off the way. */
const FROZEN = sql`EXISTS (SELECT FROM command c WHERE c.repair_id = r.id AND c.state = 'expired' AND c.result ->> 'code' = 'frozen')`;
/** A person ended this very run: that is an answer, and it is not sent again. Else its rollout called it back (withdraw.ts), or nobody asked for its end. */
const ENDED_BY_PERSON = sql`r.is_cancel_requested AND NOT coalesce((t.reason ->> 'isWithdrawn')::boolean, false) AND NOT ${FROZEN}`;
/** Its rollout called it back, the fleet was frozen, or who started it may not any more: none of that is the node's fault. */
const CALLED_BACK = sql`r.is_cancel_requested OR r.state = 'cancelled' OR ${FROZEN}`;

/**
 * Moves the target of a run that is over, once: only while the target still is under way by this very run. Forth: applied; pending again when nothing can
 * have reached the node and no person ended it; else failed. Back: reverted; what it was before when nothing can have reached the node; else revertFailed.
 */
export async function settleTarget(tx: Tx, run: EndedRun, now: Date): Promise<void> {
  const reason = run.state === "succeeded" ? null : JSON.stringify(run.outcome);
  await tx.$executeRaw(sql`
    WITH run AS (SELECT r.id, ${TOUCHED} AS touched, ${REFUSED} AS refused, r.state, r.direction, o.origin, (${ENDED_BY_PERSON}) AS by_person,
        (${CALLED_BACK}) AS called_back
      FROM repair r JOIN rollout o ON o.id = r.rollout_id
        JOIN rollout_target t ON t.rollout_id = r.rollout_id AND t.node_id = r.node_id WHERE r.id = ${run.id}::uuid)
    UPDATE rollout_target t SET changed_at = ${now}::timestamptz, reason = ${reason}::jsonb,
      applied_at = CASE WHEN t.state = 'applying' AND run.state = 'succeeded' THEN ${now}::timestamptz ELSE t.applied_at END,
      state = CASE
        WHEN t.state = 'applying' AND run.state = 'succeeded' THEN 'applied'
        WHEN t.state = 'applying' AND NOT run.touched AND run.origin <> 'single' AND NOT run.by_person AND (run.called_back
          OR (NOT run.refused AND t.attempt < ${ATTEMPTS_MAX} AND EXISTS (SELECT FROM command c WHERE c.repair_id = run.id AND c.state = 'expired'))) THEN 'pending'
        WHEN t.state = 'applying' THEN 'failed'
        WHEN run.state = 'succeeded' THEN 'reverted'
        WHEN NOT run.touched AND run.called_back AND NOT run.by_person THEN CASE WHEN t.applied_at IS NULL THEN 'failed' ELSE 'applied' END
        ELSE 'revertFailed' END
    FROM run WHERE t.rollout_id = ${run.rolloutId}::uuid AND t.node_id = ${run.nodeId}::uuid AND t.run_id = ${run.id}::uuid
      AND t.state = CASE WHEN run.direction = 'revert' THEN 'reverting' ELSE 'applying' END`);
  await afterRun(tx, run, now);
}

/** The lease goes on as "changed and watched" while the rollout does, and ends where there is nothing to watch. */
async function afterRun(tx: Tx, { rolloutId, nodeId }: EndedRun, now: Date): Promise<void> {
  const owner = ownerOf(rolloutId);
  await tx.$executeRaw(sql`
    UPDATE lease l SET
      kind = CASE WHEN k.is_kept THEN 'soak' ELSE l.kind END,
      released_at = CASE WHEN k.is_kept THEN l.released_at ELSE ${now}::timestamptz END,
      active_key = CASE WHEN k.is_kept THEN l.active_key END
    FROM (SELECT t.state IN ('applied', 'failed', 'revertFailed') AND r.origin <> 'single'
        AND r.phase NOT IN ('succeeded', 'rolled-back', 'aborted') AS is_kept
      FROM rollout_target t JOIN rollout r ON r.id = t.rollout_id WHERE t.rollout_id = ${rolloutId}::uuid AND t.node_id = ${nodeId}::uuid) k
    WHERE l.active_key = ${nodeId} AND l.owner = ${owner} AND l.kind = 'action'`);
}
