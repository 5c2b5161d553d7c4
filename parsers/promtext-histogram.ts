// What OpenMetrics demands of the samples of one histogram or gauge histogram together. Called when its family ends.

import { PromTextError, parseNumber } from "./promtext-scan.ts";
import type { Sample } from "./promtext-types.ts";

/** What has been seen of one label set at one timestamp. */
interface Point {
  key: string;
  timestampSeconds: number | null;
  bound: number | null;
  bucketValue: number;
  count: number | null;
  sum: number | null;
  hasGaugeSum: boolean;
  hasNegativeBounds: boolean;
}

/** @throws PromTextError on the first broken rule; samples must be grouped by label set */
export function checkHistogram(name: string, samples: readonly Sample[]): void {
  let point: Point | null = null;
  for (const sample of samples) {
    const suffix = sample.name.slice(name.length);
    const key = labelsKey("", sample.labels, suffix === "_bucket" ? "le" : undefined);
    if (!point || point.key !== key || point.timestampSeconds !== sample.timestampSeconds) {
      if (point) checkPoint(point);
      point = newPoint(key, sample.timestampSeconds);
    }
    takeSample(point, suffix, sample);
  }
  if (point) checkPoint(point);
}

function newPoint(key: string, timestampSeconds: number | null): Point {
  return {
    key,
    timestampSeconds,
    bound: null,
    bucketValue: 0,
    count: null,
    sum: null,
    hasGaugeSum: false,
    hasNegativeBounds: false,
  };
}

function takeSample(point: Point, suffix: string, { labels, value }: Sample): void {
  if (suffix === "_bucket") {
    const bound = parseNumber(labels.le ?? "") ?? Number.NaN;
    if (point.bound !== null && bound <= point.bound) throw new PromTextError("buckets are out of order");
    if (value < point.bucketValue) throw new PromTextError("bucket values decrease");
    point.bound = bound;
    point.bucketValue = value;
    if (bound < 0) point.hasNegativeBounds = true;
  } else if (suffix === "_count" || suffix === "_gcount") point.count = value;
  else if (suffix === "_sum" || suffix === "_gsum") {
    point.sum = value;
    point.hasGaugeSum = suffix === "_gsum";
  }
}

function checkPoint(point: Point): void {
  if (point.bound !== Number.POSITIVE_INFINITY) throw new PromTextError('the "+Inf" bucket is missing');
  if (point.count !== null && point.count !== point.bucketValue)
    throw new PromTextError('count differs from the "+Inf" bucket');
  if ((point.sum === null) !== (point.count === null)) throw new PromTextError("count and sum come together");
  if (point.sum === null) return;
  if (!point.hasGaugeSum && point.hasNegativeBounds) throw new PromTextError("no sum is allowed with negative buckets");
  if (point.hasGaugeSum && point.sum < 0 && !point.hasNegativeBounds) {
    throw new PromTextError("a sum is negative only with negative buckets");
  }
}

/** The same text for the same labels in any order; `without` is left out. */
export function labelsKey(name: string, labels: Record<string, string>, without?: string): string {
  const pairs = Object.entries(labels).filter(([label]) => label !== without);
  return JSON.stringify([name, ...pairs.sort(([a], [b]) => (a < b ? -1 : 1))]);
}
