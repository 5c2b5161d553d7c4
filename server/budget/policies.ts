// Which budget holds for a pool: its own row, else the row for "*", else the default of the engine.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { DEFAULT_BUDGET } from "../../rollout/budget.ts";
import type { BudgetPolicy } from "../../rollout/types.ts";
import type { Tx } from "../core/context.ts";

/** Row that holds for every pool without one of its own. */
export const EVERY_POOL = "*";

export type StandingBudget = { policy: BudgetPolicy; isDefault: boolean };

/** Reads the table once; the answer is asked for each pool. */
export async function readPolicies(db: PrismaClient | Tx): Promise<(pool: string) => StandingBudget> {
  const rows = await db.budget.findMany({ select: { pool: true, policy: true } });
  const byPool = new Map(rows.map(({ pool, policy }) => [pool, policy as unknown as BudgetPolicy])); // parsed when it was set
  return (pool) => {
    const policy = byPool.get(pool) ?? byPool.get(EVERY_POOL);
    return policy ? { policy, isDefault: false } : { policy: DEFAULT_BUDGET, isDefault: true };
  };
}
