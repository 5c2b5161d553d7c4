// The one safety budget of a pool: whether one more node may be taken out of use now, whoever asks. Called in the transaction that takes the lease.
import type { BudgetAnswer, BudgetAsk, BudgetPolicy, BudgetState } from "./types.ts";
import { percent, words } from "./words.ts";

/**
 * Where nobody set anything. 10 % away at once and one zone or rack at a time are editorial (Kubernetes' DaemonSets and node pools begin at one node or 10 %);
 * 20 % sick: stricter than the 40 % of Cluster API's MachineHealthCheck, below which most incidents are those of single nodes.
 */
export const DEFAULT_BUDGET: BudgetPolicy = {
  maxUnavailable: { ratio: 0.1 },
  maxUnhealthyRatio: 0.2,
  maxDomains: 1,
  minAvailable: 0,
};

/** Nodes of a pool that may be unavailable at once; at least 1. */
export function maxUnavailable(policy: BudgetPolicy, nodes: number): number {
  const { maxUnavailable: max } = policy;
  return Math.max(1, "nodes" in max ? max.nodes : Math.floor(nodes * max.ratio + 1e-9));
}

/** Nodes of a pool that may be sick or under way before nothing starts by itself any more; at least 1: the one that it would be about. */
export const maxUnhealthy = (policy: BudgetPolicy, nodes: number): number =>
  Math.max(1, Math.floor(nodes * policy.maxUnhealthyRatio + 1e-9));

/** Nodes that stay whatever else holds: the last one of a pool of several is never taken. */
const minAvailable = (policy: BudgetPolicy, nodes: number): number => Math.max(policy.minAvailable, nodes > 1 ? 1 : 0);

/** How a pool stands, without asking for anything. */
export function standing(
  state: BudgetState,
  policy: BudgetPolicy,
): { max: number; free: number; sum: BudgetAnswer["sum"] } {
  const { sick, leased, nodes } = state;
  const max = maxUnavailable(policy, nodes);
  const room = Math.min(max - sick - leased, nodes - sick - leased - minAvailable(policy, nodes));
  return { max, free: Math.max(0, room), sum: sumOf(state, policy, 0, sick + leased <= max ? "≤" : ">") };
}

/**
 * Whether one more node may be taken. A node that is sick counts already: acting on it takes nothing from the pool, but our own hands are still counted.
 * `sum` is the rule that decided; the first that refuses, else maxUnavailable.
 */
export function ask(state: BudgetState, policy: BudgetPolicy, asked: BudgetAsk): BudgetAnswer {
  const { pool, nodes, sick, leased } = state;
  const no = (en: string, zh: string): BudgetAnswer => ({ isGranted: false, sum: words(en, zh) });
  if (nodes < 1) return no(`pool ${pool}: no node`, `节点池 ${pool}：没有节点`);
  const unhealthy = sick + leased;
  if (asked.isAutomatic && unhealthy > maxUnhealthy(policy, nodes))
    return no(
      `pool ${pool}: ${sick} sick + ${leased} under way = ${unhealthy} > ${maxUnhealthy(policy, nodes)} of ${nodes} (${percent(policy.maxUnhealthyRatio)}): nothing starts by itself`,
      `节点池 ${pool}：异常 ${sick} + 处理中 ${leased} = ${unhealthy} > ${nodes} 个中的 ${maxUnhealthy(policy, nodes)} 个（${percent(policy.maxUnhealthyRatio)}）：不再自动处理`,
    );
  const max = maxUnavailable(policy, nodes);
  if (asked.isSick) {
    if (leased + 1 > max)
      return no(
        `pool ${pool}: ${leased} under way + 1 asked = ${leased + 1} > ${max} of ${nodes}`,
        `节点池 ${pool}：处理中 ${leased} + 申请 1 = ${leased + 1} > ${nodes} 个中的 ${max} 个`,
      );
  } else {
    if (sick + leased + 1 > max) return { isGranted: false, sum: sumOf(state, policy, 1, ">") };
    const left = nodes - sick - leased - 1;
    const floor = minAvailable(policy, nodes);
    if (left < floor)
      return no(
        `pool ${pool}: ${nodes} − ${sick} sick − ${leased} under way − 1 asked = ${left} < ${floor} that must stay available`,
        `节点池 ${pool}：${nodes} − 异常 ${sick} − 处理中 ${leased} − 申请 1 = ${left} < 至少保持可用的 ${floor} 个`,
      );
  }
  const domains = new Set([...state.domains, asked.domain]);
  if (domains.size > policy.maxDomains)
    return no(
      `pool ${pool}: ${named(state.domains)} + ${named([asked.domain])} = ${domains.size} domains > ${policy.maxDomains}`,
      `节点池 ${pool}：${named(state.domains)} + ${named([asked.domain])} = ${domains.size} 个故障域 > ${policy.maxDomains}`,
    );
  return { isGranted: true, sum: sumOf(state, policy, asked.isSick ? 0 : 1, "≤") };
}

/** Domains by name, each once; a node without one stands in "–". */
const named = (domains: readonly string[]): string =>
  [...new Set(domains)]
    .map((domain) => domain || "–")
    .toSorted()
    .join(", ");

function sumOf({ pool, nodes, sick, leased }: BudgetState, policy: BudgetPolicy, asked: number, sign: "≤" | ">") {
  const max = maxUnavailable(policy, nodes);
  const ratio = "ratio" in policy.maxUnavailable ? percent(policy.maxUnavailable.ratio) : null;
  const sum = sick + leased + asked;
  return words(
    `pool ${pool}: ${sick} sick + ${leased} under way${asked ? " + 1 asked" : ""} = ${sum} ${sum > max ? ">" : sign} ${max} of ${nodes}${ratio ? ` (${ratio})` : ""}`,
    `节点池 ${pool}：异常 ${sick} + 处理中 ${leased}${asked ? " + 申请 1" : ""} = ${sum} ${sum > max ? ">" : sign} ${nodes} 个中的 ${max} 个${ratio ? `（${ratio}）` : ""}`,
  );
}
