// Exact bounds of a share that was counted. Pure; `bench judge` prints them beside every share.

const CONFIDENCE = 0.95;

/** P(X ≤ k) for X ~ Bin(n, p), in a sum that stays in range. */
function binomialCdf(k: number, n: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return k >= n ? 1 : 0;
  let log = n * Math.log1p(-p);
  let total = Math.exp(log);
  for (let i = 1; i <= k; i += 1) {
    log += Math.log((n - i + 1) / i) + Math.log(p / (1 - p));
    total += Math.exp(log);
  }
  return Math.min(1, total);
}

/** Clopper–Pearson: two-sided bounds of a share at 95 %, k of n. */
export function clopperPearson(k: number, n: number): { low: number; high: number } {
  const half = (1 - CONFIDENCE) / 2;
  const solve = (isBelow: (p: number) => boolean) => {
    let [low, high] = [0, 1];
    for (let i = 0; i < 60; i += 1) {
      const middle = (low + high) / 2;
      if (isBelow(middle)) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return {
    low: k === 0 ? 0 : solve((p) => 1 - binomialCdf(k - 1, n, p) < half),
    high: k === n ? 1 : solve((p) => binomialCdf(k, n, p) > half),
  };
}
