// The standard normal distribution: tail probability and quantile, to the last digits of a double (p-values are compared at 1e-9 and below).

const SQRT_2PI = Math.sqrt(2 * Math.PI);
/** Where the series gives way to the continued fraction; both are exact to 1e-15 here. */
const SERIES_MAX = 4;

const density = (z: number) => Math.exp((-z * z) / 2) / SQRT_2PI;

/** P(Z > z). NaN for NaN. */
export function upperTail(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (z < 0) return 1 - upperTail(-z);
  if (z === Number.POSITIVE_INFINITY) return 0;
  return z < SERIES_MAX ? 0.5 - density(z) * oddSeries(z) : density(z) * millsRatio(z);
}

/** z + z³/3 + z⁵/15 + …: P(0 < Z < z) over the density. */
function oddSeries(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 3; term > sum * 1e-17 && k < 400; k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return sum;
}

/** 1/(z + 1/(z + 2/(z + …))): the upper tail over the density. */
function millsRatio(z: number): number {
  let value = z;
  for (let k = 120; k >= 1; k--) value = z + k / value;
  return 1 / value;
}

/**
 * The z below which Z lies with probability p.
 *
 * @see Abramowitz & Stegun, Handbook of Mathematical Functions, 26.2.23 — the first guess, good to 4.5e-4
 */
export function quantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p > 0.5) return -quantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let z =
    t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
  for (let round = 0; round < 4; round++) {
    // Halley's step on upperTail(z) = p.
    const step = (upperTail(z) - p) / density(z);
    z += step / (1 - (z * step) / 2);
  }
  return p === 0.5 ? 0 : -z;
}
