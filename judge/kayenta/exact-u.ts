// The exact distribution of Mann and Whitney's U when nothing is tied: how many of all orders of m and n values give each U.
// Above it: rank-sum.ts (p-values) and shift.ts (intervals).

/** m·n beyond which counting exactly takes seconds; R and SciPy have long turned to the normal approximation there. */
const PAIRS_MAX = 10_000;

/**
 * Probability of U = 0 … m·n.
 *
 * The largest of all values is on the first side with probability m/(m+n), and then beats all n others; else it beats none. Only sums of positive
 * terms, so small tails keep their digits.
 *
 * @throws RangeError when the samples are too large to count
 */
export function exactU(m: number, n: number): number[] {
  if (m * n > PAIRS_MAX) throw new RangeError(`${m} and ${n} values are too many to count exactly`);
  let row: number[][] = Array.from({ length: n + 1 }, () => [1]);
  for (let i = 1; i <= m; i++) {
    const next: number[][] = [[1]];
    for (let j = 1; j <= n; j++) next.push(mixed(row[j] ?? [], next[j - 1] ?? [], i, j));
    row = next;
  }
  return row[n] ?? [];
}

function mixed(without: readonly number[], beside: readonly number[], i: number, j: number): number[] {
  const share = i / (i + j);
  return Array.from({ length: i * j + 1 }, (_, u) => share * (without[u - j] ?? 0) + (1 - share) * (beside[u] ?? 0));
}

/** P(U ≤ u). */
export function exactCdf(probability: readonly number[], u: number): number {
  return sum(probability.slice(0, Math.max(0, Math.floor(u) + 1)));
}

/** P(U ≥ u). The distribution is symmetric, so the shorter tail is summed. */
export function exactUpper(probability: readonly number[], u: number): number {
  const from = Math.floor(u);
  return exactCdf(probability, probability.length - 1 - from);
}

/** The smallest u with P(U ≤ u) ≥ p. */
export function exactQuantile(probability: readonly number[], p: number): number {
  let total = 0;
  const at = probability.findIndex((one) => {
    total += one;
    // A rounding below p is p: the table's own sums are compared with it.
    return total >= p * (1 - 64 * Number.EPSILON);
  });
  return at === -1 ? probability.length - 1 : at;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
