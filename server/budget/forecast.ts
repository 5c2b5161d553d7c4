// What the budget would say to a run on one node if it were asked now. It takes nothing and locks nothing: the transaction that starts the run asks again.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { ask } from "../../rollout/budget.ts";
import type { Tx } from "../core/context.ts";
import { readPolicies } from "./policies.ts";
import { readBudgets } from "./state.ts";

/** `sum`: the one that decides, or who has the node in hand. */
export type BudgetForecast = { isGranted: boolean; sum: Text };

/** @param person whose own cordon of the node is no hindrance ("user:<id>"); null when nobody's is. Null when the node is gone. */
export async function forecastRun(
  db: PrismaClient | Tx,
  nodeId: string,
  person: string | null,
): Promise<BudgetForecast | null> {
  const [node, lease] = await Promise.all([
    db.node.findFirst({ where: { id: nodeId, revokedAt: null }, select: { pool: true, zone: true, state: true } }),
    db.lease.findUnique({
      where: { activeKey: nodeId },
      select: { kind: true, owner: true, ownerName: true, reason: true },
    }),
  ]);
  if (!node) return null;
  if (lease) {
    const by = [lease.ownerName, lease.reason].filter(Boolean).join(": ");
    if (lease.kind !== "cordon" || lease.owner !== person)
      return {
        isGranted: false,
        sum: { en: `The node is in somebody else's hands (${by}).`, zh: `节点正由他人占用（${by}）。` },
      };
    return { isGranted: true, sum: { en: "The node is cordoned by you.", zh: "节点已由您隔离占用。" } };
  }
  const state = (await readBudgets(db, [node.pool])).get(node.pool);
  if (!state) return null;
  const { policy } = (await readPolicies(db))(node.pool);
  const isSick = node.state === "unhealthy" || node.state === "not_reporting";
  return ask(state, policy, { isSick, domain: node.zone, isAutomatic: false });
}
