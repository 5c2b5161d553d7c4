// Takes nodes into somebody's hands – under way, or cordoned – within the budget of their pools, in the transaction of what is done to them. And gives them back.
import { v7 as uuidv7 } from "uuid";
import type { Text } from "../../protocol/text.ts";
import { ask } from "../../rollout/budget.ts";
import type { BudgetState } from "../../rollout/types.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { readPolicies } from "./policies.ts";
import { lockPools } from "./pools.ts";
import { readBudgets } from "./state.ts";

export type LeaseKind = "action" | "soak" | "cordon";
export type Wanted = { nodeId: string; pool: string; domain: string; isSick: boolean };
export type Holder = {
  kind: "action" | "cordon";
  /** "rollout:<id>", "user:<id>", … */
  owner: string;
  ownerName: string;
  reason: string;
  expiresAt: Date | null;
  /** Nobody looks on: what starts by itself stops earlier than a person. */
  isAutomatic: boolean;
  /** Whose own cordon is no hindrance: the node is theirs already, and counts as away. */
  onBehalfOf?: string;
};
export type Taken = {
  taken: string[];
  /** In somebody else's hands already. */
  held: string[];
  /** What the budget said no to, and the sum that decided last. */
  refused: string[];
  sum: Text | null;
};

/** How pools stand, as this transaction knows it. What it gives back itself is not counted: it asks for too little rather than for too much. */
export type Standing = {
  states: Map<string, BudgetState>;
  policyOf: Awaited<ReturnType<typeof readPolicies>>;
};

/** Locks the pools and reads them once, for whoever takes nodes in several goes. */
export async function readStanding(tx: Tx, of: readonly string[]): Promise<Standing> {
  const pools = [...new Set(of)];
  await lockPools(tx, pools);
  return { states: await readBudgets(tx, pools), policyOf: await readPolicies(tx) };
}

/**
 * Takes as many of these nodes as the budget gives, in their order. Whoever holds a node keeps it; a node that this owner holds already is taken at no cost.
 * At most `limit` of them. The pools stay locked until the transaction ends: what it then does is what the budget was asked about.
 */
export async function takeLeases(
  tx: Tx,
  wanted: readonly Wanted[],
  holder: Holder,
  now: Date,
  limit = Number.POSITIVE_INFINITY,
  known?: Standing,
): Promise<Taken> {
  const { states, policyOf } =
    known ??
    (await readStanding(
      tx,
      wanted.map(({ pool }) => pool),
    ));
  const holders = await readHolders(tx, wanted);
  const done: Taken = { taken: [], held: [], refused: [], sum: null };
  const fresh: Wanted[] = [];
  const again: string[] = [];
  for (const one of wanted) {
    if (done.taken.length >= limit) break;
    const other = holders.get(one.nodeId);
    if (other?.kind === "cordon" && holder.kind === "action" && other.owner === holder.onBehalfOf) {
      done.taken.push(one.nodeId);
      continue;
    }
    if (other && (other.owner !== holder.owner || other.kind === "cordon")) {
      done.held.push(one.nodeId);
      continue;
    }
    const state = states.get(one.pool);
    if (!state) continue; // its last node has just been removed
    if (other?.kind === "action") {
      done.taken.push(one.nodeId);
      continue;
    }
    const { isSick, domain } = one;
    const answer = ask(state, policyOf(one.pool).policy, { isSick, domain, isAutomatic: holder.isAutomatic });
    if (!answer.isGranted) {
      done.refused.push(one.nodeId);
      done.sum = answer.sum;
      continue;
    }
    states.set(one.pool, withOneMore(state, one));
    done.taken.push(one.nodeId);
    if (other) again.push(one.nodeId);
    else fresh.push(one);
  }
  await writeLeases(tx, fresh, holder, now);
  if (again.length > 0)
    await tx.$executeRaw(
      sql`UPDATE lease SET kind = ${holder.kind} WHERE active_key = ANY(${again}::text[]) AND owner = ${holder.owner}`,
    );
  return done;
}

function withOneMore(state: BudgetState, { isSick, domain }: Wanted): BudgetState {
  const domains = state.domains.includes(domain) ? state.domains : [...state.domains, domain];
  return { ...state, sick: state.sick - (isSick ? 1 : 0), leased: state.leased + 1, domains };
}

async function readHolders(tx: Tx, wanted: readonly Wanted[]) {
  const rows = await tx.$queryRaw<{ nodeId: string; owner: string; kind: LeaseKind }[]>(sql`
    SELECT node_id AS "nodeId", owner, kind FROM lease WHERE active_key = ANY(${wanted.map(({ nodeId }) => nodeId)}::text[])`);
  return new Map(rows.map(({ nodeId, ...rest }) => [nodeId, rest]));
}

async function writeLeases(tx: Tx, fresh: readonly Wanted[], holder: Holder, now: Date): Promise<void> {
  if (fresh.length === 0) return;
  const { kind, owner, ownerName, reason, expiresAt } = holder;
  // A node that was taken in between – there is no way but around the lock – fails on the unique key, and the transaction with it.
  await tx.$executeRaw(sql`
    INSERT INTO lease (id, node_id, pool, domain, kind, owner, owner_name, reason, taken_at, expires_at, active_key)
    SELECT t.id, t.node_id, t.pool, t.domain, ${kind}, ${owner}, ${ownerName}, ${reason}, ${now}::timestamptz, ${expiresAt}::timestamptz, t.node_id::text
    FROM unnest(${fresh.map(() => uuidv7())}::uuid[], ${fresh.map(({ nodeId }) => nodeId)}::uuid[],
      ${fresh.map(({ pool }) => pool)}::text[], ${fresh.map(({ domain }) => domain)}::text[]) AS t(id, node_id, pool, domain)`);
}

/** What is changed and watched: nobody else's, but it serves again. */
export async function soakLeases(tx: Tx, owner: string, nodeIds: readonly string[]): Promise<void> {
  if (nodeIds.length === 0) return;
  await tx.$executeRaw(
    sql`UPDATE lease SET kind = 'soak' WHERE active_key = ANY(${[...nodeIds]}::text[]) AND owner = ${owner} AND kind = 'action'`,
  );
}

/** Gives nodes back; without a list, all of this owner's. */
export async function releaseLeases(
  tx: Tx,
  owner: string,
  nodeIds: readonly string[] | null,
  now: Date,
): Promise<number> {
  if (nodeIds?.length === 0) return 0;
  return tx.$executeRaw(sql`UPDATE lease SET released_at = ${now}, active_key = NULL
    WHERE owner = ${owner} AND active_key IS NOT NULL AND ${nodeIds === null ? sql`true` : sql`active_key = ANY(${[...nodeIds]}::text[])`}`);
}
