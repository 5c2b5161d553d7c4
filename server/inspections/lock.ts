// One writer of a node's findings at a time: whoever evaluates or closes findings holds the node's lock until its transaction ends.
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";

/** First key of our advisory locks on findings; the second is a hash of the node's id (two nodes that share it merely wait for each other). */
const FINDINGS_LOCK = 7_101;

/** Waits for the lock of each node, always in the same order, so that two batches cannot wait for each other in a circle. */
export async function lockFindings(tx: Tx, nodeIds: readonly string[]): Promise<void> {
  await tx.$queryRaw(sql`
    SELECT pg_advisory_xact_lock(${FINDINGS_LOCK}::int, key)::text
    FROM (SELECT DISTINCT hashtext(id) AS key FROM unnest(${[...nodeIds]}::text[]) AS id ORDER BY 1) keys`);
}
