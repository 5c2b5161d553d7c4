// What nodes that turned bad at the same time share: each attribute's value is weighed by Fisher's exact test (one-sided, hypergeometric). Pure.

/** Findings of one check that opened within this time are looked at together, ms. Editorial: longer than the debounce of any check. */
export const BURST_MS = 10 * 60_000;
/** Fewer nodes share a cause by accident. */
export const BURST_NODES_MIN = 3;
/**
 * A share as surprising as this happens by accident once in a hundred thousand bursts, all attributes that were tried counted: some hundred checks can
 * burst, and a burst is weighed again while it grows. Editorial.
 */
export const P_MAX = 1e-5;
/** So much of the burst must have it: a cause that explains half of it explains nothing. */
const SHARE_MIN = 0.8;
/** … and it must be so much rarer among all nodes. */
const FLEET_SHARE_MAX = 0.5;

/** ln n!, by Stirling's series from 256 on (error below 1e-12), else summed. */
function lnFactorial(n: number): number {
  if (n < SMALL.length) return SMALL[n] ?? 0;
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3);
}
const SMALL: readonly number[] = (() => {
  const sums = [0];
  for (let n = 1; n < 256; n += 1) sums.push((sums[n - 1] ?? 0) + Math.log(n));
  return sums;
})();
const lnChoose = (n: number, k: number): number => lnFactorial(n) - lnFactorial(k) - lnFactorial(n - k);

/**
 * Probability that of `n` nodes drawn blindly from `N`, of which `K` have a value, `k` or more have it.
 * Sizes are whole numbers with k ≤ n ≤ N and k ≤ K ≤ N.
 */
export function fisherP(k: number, n: number, K: number, N: number): number {
  const all = lnChoose(N, n);
  let p = 0;
  for (let i = k; i <= Math.min(n, K); i += 1)
    if (n - i <= N - K) p += Math.exp(lnChoose(K, i) + lnChoose(N - K, n - i) - all);
  return Math.min(1, p);
}

/** Attribute → value of one node; attributes that a node has no value for are left out. */
export type Attributes = Readonly<Record<string, string>>;
/** Nodes of the fleet by attribute and value. */
export type Census = { total: number; count: (attribute: string, value: string) => number };
export type SharedCause = { attribute: string; value: string; k: number; n: number; K: number; N: number; p: number };

/**
 * The value that the nodes of a burst share far beyond its share of the fleet; null when there is none, or too few nodes. `p` is corrected for how many
 * values were tried (Bonferroni). Of equals the attribute that is named first wins.
 * @param burst attributes of the nodes that turned bad, each node once
 * @param order attributes that are tried, most telling first
 */
export function sharedCause(
  burst: readonly Attributes[],
  census: Census,
  order: readonly string[],
): SharedCause | null {
  const n = burst.length;
  const { total: N } = census;
  if (n < BURST_NODES_MIN || N <= n) return null;
  const tried: SharedCause[] = [];
  for (const attribute of order) {
    const counts = new Map<string, number>();
    for (const node of burst) {
      const value = node[attribute];
      if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    for (const [value, k] of counts) {
      // The fleet may have been counted a moment earlier than the burst.
      const K = Math.min(N, Math.max(k, census.count(attribute, value)));
      tried.push({ attribute, value, k, n, K, N, p: fisherP(k, n, K, N) });
    }
  }
  const telling = tried
    .map((cause) => ({ ...cause, p: Math.min(1, cause.p * tried.length) }))
    .filter(({ k, K, p }) => k >= BURST_NODES_MIN && k / n >= SHARE_MIN && K / N <= FLEET_SHARE_MAX && p <= P_MAX);
  return telling.reduce<SharedCause | null>((best, one) => (best === null || one.p < best.p ? one : best), null);
}
