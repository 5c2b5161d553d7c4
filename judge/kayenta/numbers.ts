// Plain statistics of one sample: mean, spread, quantiles, ranks. Everything in this folder stands on it.

export type Summary = { min: number; max: number; mean: number; std: number; count: number };

/** Smallest value; NaN for an empty sample. Not `Math.min(...)`: a spread of a long window overflows the stack. */
export function least(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((a, b) => Math.min(a, b));
}

/** Largest value; NaN for an empty sample. */
export function greatest(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((a, b) => Math.max(a, b));
}

/** Arithmetic mean; NaN for an empty sample. The second pass takes away the rounding of the first. */
export function mean(values: readonly number[]): number {
  const n = values.length;
  const rough = values.reduce((sum, value) => sum + value, 0) / n;
  const rest = values.reduce((sum, value) => sum + (value - rough), 0) / n;
  return Number.isFinite(rough) ? rough + rest : rough;
}

/** Sum of squared distances from the mean. */
function spread(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  const drift = values.reduce((sum, value) => sum + (value - centre), 0);
  return squares - drift ** 2 / values.length;
}

/** Standard deviation of a sample (n − 1); 0 for one value, NaN for none. */
export function sampleStd(values: readonly number[]): number {
  if (values.length === 1) return 0;
  return Math.sqrt(spread(values) / (values.length - 1));
}

/** Standard deviation of a whole population (n); NaN for none. */
export function populationStd(values: readonly number[]): number {
  return Math.sqrt(spread(values) / values.length);
}

/** Figures of a sample as a report shows them: all zero when there is no data. */
export function summary(values: readonly number[]): Summary {
  if (values.length === 0) return { min: 0, max: 0, mean: 0, std: 0, count: 0 };
  return {
    min: least(values),
    max: greatest(values),
    mean: mean(values),
    std: sampleStd(values),
    count: values.length,
  };
}

/**
 * The p-th percentile by linear interpolation between neighbours (R's type 7, the definition of spreadsheets and of NumPy).
 *
 * @param p above 0, at most 100
 * @returns NaN for an empty sample; NaN values are left out
 * @throws RangeError when p lies outside
 */
export function percentile(values: readonly number[], p: number): number {
  if (!(p > 0 && p <= 100)) throw new RangeError(`percentile ${p} is not in (0, 100]`);
  const sorted = ascending(values.filter((value) => !Number.isNaN(value)));
  const at = ((sorted.length - 1) * p) / 100;
  const lower = sorted[Math.floor(at)];
  const upper = sorted[Math.ceil(at)];
  if (lower === undefined || upper === undefined) return Number.NaN;
  return lower === upper ? lower : lower + (at - Math.floor(at)) * (upper - lower);
}

/** The values, sorted. */
export function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

/** Ranks from 1; equal values share the mean of their ranks. NaN ranks as the largest. */
export function ranks(values: readonly number[]): { ranks: number[]; ties: number[] } {
  const keys = values.map((value) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value));
  const order = keys.map((key, index) => ({ key, index })).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const result = new Array<number>(values.length).fill(0);
  const ties: number[] = [];
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && order[to]?.key === order[from]?.key) to++;
    for (const { index } of order.slice(from, to)) result[index] = (from + 1 + to) / 2;
    ties.push(to - from);
    from = to;
  }
  return { ranks: result, ties };
}
