// How large a difference is, beside how sure: three measures with Kayenta's conventions. Used by classify.ts.
import { mean, type Summary, summary } from "./numbers.ts";
import { uOf } from "./rank-sum.ts";

export type EffectMeasure = "meanRatio" | "cles";

/** Share of pairs in which the canary is higher, ties counted half: 0.5 is no effect. */
export function commonLanguage(baseline: readonly number[], canary: readonly number[]): number {
  return uOf(canary, baseline).u / (canary.length * baseline.length);
}

/** Canary's mean over the baseline's; NaN when either is 0, for a ratio to or of nothing says nothing. */
export function meanRatio(baseline: readonly number[], canary: readonly number[]): number {
  return ratioOfMeans(mean(baseline), mean(canary));
}

function ratioOfMeans(baseline: number, canary: number): number {
  return baseline === 0 || canary === 0 ? Number.NaN : canary / baseline;
}

/** Distance of the means in pooled standard deviations; never negative. */
export function cohenD(baseline: readonly number[], canary: readonly number[]): number {
  const a = summary(baseline);
  const b = summary(canary);
  return Math.abs(b.mean - a.mean) / pooledStd(a, b);
}

function pooledStd(a: Summary, b: Summary): number {
  return Math.sqrt(((a.count - 1) * a.std ** 2 + (b.count - 1) * b.std ** 2) / (a.count + b.count - 2));
}
