// Latency distributions in bounded space, and the quantile confidence sequences that are drawn as bands.
/** Buckets grow by 5 %: a quantile is right to within that. */
const GROWTH = Math.log(1.05);
const INDEX_MAX = 500;

/** Adds durations in ms; the sketch is changed in place by its owner. */
export function addToSketch(sketch: Record<string, number>, values: readonly number[]): void {
  for (const value of values) {
    if (!Number.isFinite(value) || value < 0) continue;
    const index = Math.max(-200, Math.min(INDEX_MAX, Math.ceil(Math.log(Math.max(value, 1e-4)) / GROWTH)));
    sketch[index] = (sketch[index] ?? 0) + 1;
  }
}

export const countOfSketch = (sketch: Record<string, number>): number =>
  Object.values(sketch).reduce((sum, one) => sum + one, 0);

/** Quantile in ms (upper edge of its bucket); null when empty. */
export function quantileOfSketch(sketch: Record<string, number>, p: number): number | null {
  const total = countOfSketch(sketch);
  if (total === 0) return null;
  let seen = 0;
  const indices = Object.keys(sketch)
    .map(Number)
    .sort((a, b) => a - b);
  for (const index of indices) {
    seen += sketch[index] ?? 0;
    if (seen >= p * total) return Math.exp(index * GROWTH);
  }
  return Math.exp((indices.at(-1) ?? 0) * GROWTH);
}

/**
 * Band that holds for all sample sizes at once (Howard & Ramdas, "Sequential estimation of quantiles with applications to A/B testing and best-arm
 * identification", Bernoulli 2022, fixed-quantile form): the quantiles at p ± f with f = 1.5·√(p(1−p)ℓ) + 0.8·ℓ, ℓ = (1.4·log log(2.1·n) + log(10/α))/n.
 * Samples of one node are not independent, so n is what the caller says (node-windows). null while too few for a finite band.
 */
export function quantileBand(
  sketch: Record<string, number>,
  { p, alpha, n }: { p: number; alpha: number; n: number },
): { low: number; value: number; high: number | null } | null {
  const value = quantileOfSketch(sketch, p);
  if (value === null || n < 2) return null;
  const l = (1.4 * Math.log(Math.max(1, Math.log(2.1 * n))) + Math.log(10 / alpha)) / n;
  const f = 1.5 * Math.sqrt(p * (1 - p) * l) + 0.8 * l;
  return {
    low: p - f <= 0 ? 0 : (quantileOfSketch(sketch, p - f) ?? 0),
    value,
    high: p + f >= 1 ? null : quantileOfSketch(sketch, p + f),
  };
}
