// The lock that everything takes which makes nodes of a pool unavailable: rollouts, repairs and people's cordons come one after the other.
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";

/** First key of our advisory locks on pools. */
const POOL_LOCK = 7_103;

/** Holds until the transaction ends. Pools are locked in one order, whoever asks: two that need several never wait for each other. */
export async function lockPools(tx: Tx, pools: Iterable<string>): Promise<void> {
  for (const pool of [...new Set(pools)].sort())
    await tx.$queryRaw(sql`SELECT pg_advisory_xact_lock(${POOL_LOCK}::int, hashtext(${pool}))::text`);
}
