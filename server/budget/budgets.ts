// How the pools stand against their budgets, and setting one.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { standing } from "../../rollout/budget.ts";
import { toJson } from "../core/audit.ts";
import { actorRef, type Tx } from "../core/context.ts";
import { type Scope, wholeFleet } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { mutation, query } from "../core/verb.ts";
import { readPolicies } from "./policies.ts";
import { type BudgetRow, ListBudgets, SetBudget } from "./schema.ts";
import { readBudgets } from "./state.ts";

/** Rows of these pools (null: all), of which the scope shows at least one node. The numbers are the whole pool's: that is what decides. */
export async function budgetRows(
  db: PrismaClient | Tx,
  pools: readonly string[] | null,
  scope: Scope,
): Promise<BudgetRow[]> {
  const seen = scope.isWhole
    ? null
    : new Set(
        (await db.$queryRaw<{ pool: string }[]>(sql`SELECT DISTINCT n.pool FROM node n WHERE ${scope.sql("n")}`)).map(
          ({ pool }) => pool,
        ),
      );
  const states = await readBudgets(db, pools);
  const policyOf = await readPolicies(db);
  return [...states.values()]
    .filter(({ pool }) => seen === null || seen.has(pool))
    .map((state) => {
      const { pool, nodes, sick, leased } = state;
      const { policy, isDefault } = policyOf(pool);
      return { pool, nodes, sick, leased, ...standing(state, policy), policy, isDefault };
    });
}

export const listBudgets = query({
  name: "budget.list",
  access: "rollouts:read",
  on: "node",
  input: ListBudgets,
  run: ({ db, scope }, { pool }) => budgetRows(db, pool === undefined ? null : [pool], scope),
});

export const setBudget = mutation({
  name: "budget.set",
  access: "budgets:write",
  on: "fleet",
  stepUp: true,
  input: SetBudget,
  async run({ tx, actor, now }, { pool, policy, reason }) {
    const before = await tx.budget.findUnique({ where: { pool }, select: { policy: true } });
    const by = { setBy: actorRef(actor), setByName: actor.name, setAt: now() };
    const data = { policy: toJson(policy), ...by };
    await tx.budget.upsert({ where: { pool }, create: { pool, ...data }, update: data, select: { pool: true } });
    return {
      result: (await budgetRows(tx, [pool], wholeFleet))[0] ?? null,
      audit: { entity: ["budget", pool], before: before?.policy, after: { policy, reason } },
      changes: [{ domain: "leases", ids: [] }],
    };
  },
});
