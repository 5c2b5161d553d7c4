// How pools stand against their budget, read in the transaction that asks: who is sick, who is in somebody's hands, in which failure domains.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { BudgetState } from "../../rollout/types.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";

type Db = PrismaClient | Tx;

/**
 * Each node is counted once: with a lease that makes it unavailable, or in maintenance by hand, it counts as leased, else as sick when it is unhealthy or
 * silent. Right only while the pools are locked (pools.ts).
 *
 * @returns one state a pool that has nodes
 */
export async function readBudgets(db: Db, pools: readonly string[] | null): Promise<Map<string, BudgetState>> {
  const rows = await db.$queryRaw<BudgetState[]>(sql`
    SELECT n.pool, count(*)::int AS nodes,
      count(*) FILTER (WHERE l.id IS NULL AND n.state IN ('unhealthy', 'not_reporting'))::int AS sick,
      count(*) FILTER (WHERE l.id IS NOT NULL OR n.state = 'maintenance')::int AS leased,
      coalesce(array_agg(DISTINCT l.domain) FILTER (WHERE l.id IS NOT NULL), '{}') AS domains
    FROM node n LEFT JOIN lease l ON l.active_key = n.id::text AND l.kind IN ('action', 'cordon')
    WHERE n.revoked_at IS NULL AND ${pools === null ? sql`true` : sql`n.pool = ANY(${[...pools]}::text[])`}
    GROUP BY n.pool ORDER BY n.pool`);
  return new Map(rows.map((row) => [row.pool, row]));
}
