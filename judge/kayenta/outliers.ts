// Which values of a sample stand apart. Used before classifying where a metric's configuration says "remove outliers".
import { mean, percentile, populationStd } from "./numbers.ts";

/**
 * Outside the quartiles by more than `factor` times their distance (Tukey's fences).
 *
 * @param isWide never narrower than the 1st and 99th percentile, so that only the far ends go
 */
export function iqrOutliers(values: readonly number[], factor = 1.5, isWide = false): boolean[] {
  if (!(factor > 0)) throw new RangeError("factor must be greater than zero");
  const q1 = percentile(values, 25);
  const q3 = percentile(values, 75);
  const low = q1 - factor * (q3 - q1);
  const high = q3 + factor * (q3 - q1);
  const lowest = isWide ? Math.min(low, percentile(values, 1)) : low;
  const highest = isWide ? Math.max(high, percentile(values, 99)) : high;
  return values.map((value) => value > highest || value < lowest);
}

/** Farther from the mean than `k` standard deviations of the population. */
export function sigmaOutliers(values: readonly number[], k = 3): boolean[] {
  if (!(k > 0)) throw new RangeError("k must be greater than zero");
  const centre = mean(values);
  const limit = k * populationStd(values);
  return values.map((value) => Math.abs(value - centre) > limit);
}
