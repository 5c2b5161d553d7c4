// The back-test that a version has behind it: of exactly this version, over the whole fleet, to its end.
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import type { BackTest, BackTestSummary } from "./schema.ts";

/** A check may take so long on one node on the average, ms of CPU: the whole catalogue is to take less than 20. */
export const TOO_SLOW_MS = 2;

/** Below this in all, ms, the first run of new code and a busy machine weigh more than the check: three nodes tell nothing of its speed. */
const TELLS_FROM_MS = 100;

/** Time per node on the average, ms, when the check takes too long; null when it does not, or when too little was measured to say so. */
export function slowness({ nodes, evaluateMs }: Pick<BackTestSummary, "nodes" | "evaluateMs">): number | null {
  if (nodes === 0 || evaluateMs < TELLS_FROM_MS) return null;
  const perNodeMs = evaluateMs / nodes;
  return perNodeMs > TOO_SLOW_MS ? perNodeMs : null;
}

/** Counts of the newest one; null when there is none. */
export async function backTestOf(tx: Tx, id: string, version: number): Promise<BackTestSummary | null> {
  const rows = await tx.$queryRaw<{ result: BackTest }[]>(sql`
    SELECT report -> 'result' AS result FROM patrol_run
    WHERE purpose = 'back-test' AND state = 'done' AND check_ids = ${[id]}::text[] AND report -> 'target' = ${JSON.stringify({ id, version })}::jsonb
      AND report -> 'isWhole' = 'true' AND report -> 'result' -> 'cutShort' = 'null'
    ORDER BY started_at DESC LIMIT 1`);
  const result = rows[0]?.result;
  if (!result) return null;
  const { sample: _sample, unknownReasons: _reasons, ...counts } = result;
  return counts;
}
