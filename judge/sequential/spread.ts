// How far one value lies from others of its like: Student's distribution, by the regularised incomplete beta function; binomial tails by the same. Called by blocks.ts and units.ts.
import { logGamma } from "./ratios.ts";

const STEPS_MAX = 300;
const TINY = 1e-300;

/** The continued fraction of I_x(a, b) (modified Lentz); converges fast for x < (a+1)/(a+b+2). */
function fraction(x: number, a: number, b: number): number {
  const away = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= STEPS_MAX; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let factor = 1;
    for (const term of [even, odd]) {
      d = 1 / away(1 + term * d);
      c = away(1 + term / c);
      factor = c * d;
      result *= factor;
    }
    if (Math.abs(factor - 1) < 1e-14) break;
  }
  return result;
}

/** Regularised incomplete beta function I_x(a, b), a and b > 0; relative error about 1e-12. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const log = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  return (Math.exp(log) / a) * fraction(x, a, b);
}

/** P(X ≥ k), X ~ Bin(n, p), k ≥ 1. */
export const binomialTail = (k: number, n: number, p: number): number => incompleteBeta(p, k, n - k + 1);

/** P(T > t) of Student's distribution, t ≥ 0. */
export const studentTail = (t: number, freedom: number): number =>
  incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;

/** Fewer controls say nothing of how much nodes differ. */
const CONTROLS_MIN = 3;

/**
 * Whether `value` lies further above the others than one more of them would in a share `level` of cases. This is what nodes' own habits – one is busier,
 * one leaks a little – are measured by: they last, so that no number of looks averages them away. Rests on nodes being roughly normal.
 */
export function isFarAbove(value: number, others: readonly number[], level: number): boolean {
  const n = others.length;
  if (n < CONTROLS_MIN) return false;
  const mean = others.reduce((sum, one) => sum + one, 0) / n;
  const spread = others.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (n - 1);
  if (value <= mean) return false;
  return spread === 0 || studentTail((value - mean) / Math.sqrt(spread * (1 + 1 / n)), n - 1) <= level;
}
