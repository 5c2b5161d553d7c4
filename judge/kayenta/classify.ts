// One metric of a canary against its baseline → Pass, High, Low, Nodata …, as Kayenta's classifiers decide. Scores over many: score.ts.
import { commonLanguage, type EffectMeasure, meanRatio } from "./effect-size.ts";
import { ascending, mean } from "./numbers.ts";
import { iqrOutliers } from "./outliers.ts";
import { AllTiedError, kayentaShift } from "./shift.ts";
import { degenerateNoise } from "./spread-out.ts";

/** NodataFailMetric: data was required of a metric that is not critical; counts as failed. Error: could not be worked out. */
export type MetricLabel = "Pass" | "High" | "Low" | "Nodata" | "NodataFailMetric" | "Error";

export type Direction = "Increase" | "Decrease" | "Either";

/** Remove: values that are NaN are left out, no values is no data. Replace: NaN is 0, no values is a pass. */
export type NanStrategy = "Remove" | "Replace";

export type MetricRules = {
  /** Which way is bad. */
  direction?: Direction;
  nanStrategy?: NanStrategy;
  /** A failure of this metric fails the canary whatever the score. */
  isCritical?: boolean;
  /** No data is a failure of this metric. */
  isDataRequired?: boolean;
};

export type MannWhitneyRules = MetricRules & {
  /** The interval must lie beyond this share of the estimated shift (0.25). */
  tolerance?: number;
  confidence?: number;
  /** Effect sizes from which on it counts as low, as high. Inclusive. */
  effectThresholds?: readonly [low: number, high: number];
  /** The same for a critical metric to fail the canary. */
  criticalThresholds?: readonly [low: number, high: number];
  measure?: EffectMeasure;
};

export type Classification = {
  label: MetricLabel;
  isCritical: boolean;
  /** Ratio of the means; 1 where there was nothing to compare, NaN where one mean is 0. */
  deviation: number;
  /** Interval and estimate of the shift canary − baseline, and the effect size; null where they were not worked out. */
  shift: { low: number; high: number; estimate: number; effect: number } | null;
};

type Samples = { baseline: readonly number[]; canary: readonly number[] };

/** What Kayenta's judge sets for every metric. */
export const JUDGE_TOLERANCE = 0.25;
export const JUDGE_CONFIDENCE = 0.98;

const result = (label: MetricLabel, isCritical: boolean, deviation = 1): Classification => ({
  label,
  isCritical,
  deviation,
  shift: null,
});

/** Null when both sides have data. */
function withoutData({ baseline, canary }: Samples, rules: MetricRules, deviation: number): Classification | null {
  if (baseline.length > 0 && canary.length > 0) return null;
  const { nanStrategy = "Remove", isCritical = false, isDataRequired = false } = rules;
  if (nanStrategy === "Replace") return result("Pass", false);
  if (isDataRequired && !isCritical) return result("NodataFailMetric", false);
  return result("Nodata", isCritical, deviation);
}

/**
 * By the confidence interval of the shift, then by the effect size. An effect size that cannot be worked out (a mean of 0) does not save a metric.
 * Samples without NaN: see `withoutNaN`.
 */
export function classifyMannWhitney(samples: Samples, rules: MannWhitneyRules = {}): Classification {
  const { baseline, canary } = samples;
  const nothing = withoutData(samples, rules, 1);
  if (nothing) return nothing;
  if (areSame(ascending(baseline), ascending(canary)) || new Set([...baseline, ...canary]).size === 1)
    return result("Pass", false);
  try {
    return compared(samples, rules);
  } catch (err) {
    if (!(err instanceof AllTiedError)) throw err;
    return result("Error", false);
  }
}

const areSame = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((value, index) => value === b[index]);

function compared(samples: Samples, rules: MannWhitneyRules): Classification {
  const { tolerance = JUDGE_TOLERANCE, confidence = 0.95, measure = "meanRatio", direction = "Either" } = rules;
  const { effectThresholds = [1, 1], criticalThresholds = [1, 1], isCritical = false } = rules;
  const { baseline, canary } = degenerateNoise(samples);
  const shift = kayentaShift(canary, baseline, confidence);
  const deviation = meanRatio(baseline, canary);
  const effect = measure === "cles" ? commonLanguage(baseline, canary) : deviation;
  const margin = tolerance * Math.abs(shift.estimate);
  const isAbove = (limit: number) => Number.isNaN(effect) || effect >= limit;
  const isBelow = (limit: number) => Number.isNaN(effect) || effect <= limit;
  const isHigh = direction !== "Decrease" && shift.low > margin && isAbove(effectThresholds[1]);
  const isLow = direction !== "Increase" && shift.high < -margin && isBelow(effectThresholds[0]);
  const label = isHigh ? "High" : isLow ? "Low" : "Pass";
  const isGrave = isHigh ? isAbove(criticalThresholds[1]) : isLow && isBelow(criticalThresholds[0]);
  return { label, isCritical: isCritical && isGrave, deviation, shift: { ...shift, effect } };
}

/** By the means alone: any difference in the bad direction counts. The simplest judge there is, to measure others by. */
export function classifyMeans(samples: Samples, rules: MetricRules = {}): Classification {
  const { direction = "Either", isCritical = false } = rules;
  const nothing = withoutData(samples, rules, 0);
  if (nothing) return nothing;
  const before = mean(samples.baseline);
  const after = mean(samples.canary);
  if (direction !== "Decrease" && after > before) return result("High", isCritical, after / before);
  if (direction !== "Increase" && after < before) return result("Low", isCritical, after / before);
  return result("Pass", false);
}

/** NaN left out, or 0 in its place. */
export function withoutNaN(values: readonly number[], strategy: NanStrategy = "Remove"): number[] {
  return strategy === "Replace"
    ? values.map((value) => (Number.isNaN(value) ? 0 : value))
    : values.filter((value) => !Number.isNaN(value));
}

/** Values without Tukey's outliers, the 1st to 99th percentile always kept. */
export function withoutOutliers(values: readonly number[], factor = 3): number[] {
  const isOutlier = iqrOutliers(values, factor, true);
  return values.filter((_, index) => !isOutlier[index]);
}
