// Calls a rollout's step back that no node has confirmed. What may have reached its node all the same ends by the node's word, or when its time is over.
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";

/** Code of a command that was called back. */
export const WITHDRAWN = "withdrawn";

/** Takes the run's step off the way: the dispatcher signs it no more, gateways deliver it no more. One that somebody holds right now is called back by the next sweep. */
export async function callBack(tx: Tx, runId: string, now: Date): Promise<void> {
  const at = now.getTime();
  await tx.$executeRaw(sql`
    UPDATE command SET state = 'expired', ended_at = ${now}::timestamptz, result = jsonb_build_object(
        'commandId', id, 'status', 'refused', 'code', ${WITHDRAWN}::text, 'message', '', 'changed', false, 'output', '{}'::jsonb,
        'startedAt', ${at}::bigint, 'endedAt', ${at}::bigint)
    WHERE id IN (SELECT c.id FROM command c WHERE c.repair_id = ${runId}::uuid AND c.role = 'step' AND c.state IN ('queued', 'signed')
      FOR UPDATE SKIP LOCKED)`);
}
