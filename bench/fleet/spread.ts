// How times are spread: a histogram of fixed size whose buckets grow with the value, so that processes can add theirs together. Pure.

/** Buckets a factor of two; a quantile is right within 1/32 of its value. */
const PER_OCTAVE = 32;
const OCTAVES = 24;

/** Counts by bucket, with the largest value as it was; plain, so that it can be sent between processes. */
export type Spread = { counts: number[]; count: number; max: number };

export const emptySpread = (): Spread => ({ counts: new Array(PER_OCTAVE * OCTAVES).fill(0), count: 0, max: 0 });

/** Values are ms; what lies below 1/16 ms counts as that. */
function bucketOf(value: number): number {
  const bucket = Math.floor(Math.log2(Math.max(value, 1 / 16) * 16) * PER_OCTAVE);
  return Math.min(bucket, PER_OCTAVE * OCTAVES - 1);
}

export function add(spread: Spread, value: number): void {
  const bucket = bucketOf(value);
  spread.counts[bucket] = (spread.counts[bucket] ?? 0) + 1;
  spread.count += 1;
  if (value > spread.max) spread.max = value;
}

export function merge(all: readonly Spread[]): Spread {
  const sum = emptySpread();
  for (const one of all) {
    for (const [i, count] of one.counts.entries()) sum.counts[i] = (sum.counts[i] ?? 0) + count;
    sum.count += one.count;
    sum.max = Math.max(sum.max, one.max);
  }
  return sum;
}

/** The value below which this share lies: the upper end of its bucket, never more than the largest. NaN when there is none. */
export function quantile(spread: Spread, share: number): number {
  if (spread.count === 0) return Number.NaN;
  const rank = Math.max(1, Math.ceil(spread.count * share));
  let seen = 0;
  for (const [i, count] of spread.counts.entries()) {
    seen += count;
    if (seen >= rank) return Math.min(2 ** ((i + 1) / PER_OCTAVE) / 16, spread.max);
  }
  return spread.max;
}

export type Quantiles = { p50: number; p99: number; p999: number; max: number; count: number };

/** Rounded to a hundredth of a ms; null where nothing was measured, for JSON knows no NaN. */
export function quantiles(spread: Spread): Quantiles | null {
  if (spread.count === 0) return null;
  const round = (value: number) => Math.round(value * 100) / 100;
  return {
    p50: round(quantile(spread, 0.5)),
    p99: round(quantile(spread, 0.99)),
    p999: round(quantile(spread, 0.999)),
    max: round(spread.max),
    count: spread.count,
  };
}
