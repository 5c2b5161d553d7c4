// Prepares samples and segments for drawing: gaps stay gaps, shares become percent. Pure.

export type Point = { at: number } & Record<string, number | null>;

/**
 * Puts an empty point into every hole, so that no chart draws a line across missing data.
 *
 * @param points ascending by `at` (epoch ms)
 * @param maxStepMs a longer distance than this between two points is a hole
 */
export function withGaps(points: Point[], maxStepMs: number): Point[] {
  const result: Point[] = [];
  for (const point of points) {
    const before = result.at(-1);
    if (before && point.at - before.at > maxStepMs) {
      const hole: Point = { at: before.at + 1 };
      for (const key of Object.keys(point)) if (key !== "at") hole[key] = null;
      result.push(hole);
    }
    result.push(point);
  }
  return result;
}

/** Middle distance between neighbours × 2.5: what counts as a hole when the sampling step is not known. Infinity below three points. */
export function holeAfter(points: { at: number }[]): number {
  if (points.length < 3) return Number.POSITIVE_INFINITY;
  const steps = points.slice(1).map((point, i) => point.at - (points[i]?.at ?? point.at));
  steps.sort((a, b) => a - b);
  return (steps[Math.floor(steps.length / 2)] ?? 0) * 2.5;
}

export type Span<T> = { value: T | null; start: number; width: number };

/**
 * Lays segments of time on a strip of 100 %: what no segment covers becomes a span without value.
 *
 * @returns spans in order, without overlap, widths adding up to 100
 */
export function layoutSpans<T>(
  segments: { from: number; to: number; value: T }[],
  from: number,
  to: number,
): Span<T>[] {
  const length = to - from;
  if (length <= 0) return [];
  const spans: Span<T>[] = [];
  let at = from;
  const push = (value: T | null, until: number): void => {
    if (until > at) spans.push({ value, start: ((at - from) / length) * 100, width: ((until - at) / length) * 100 });
    at = Math.max(at, until);
  };
  for (const segment of [...segments].sort((a, b) => a.from - b.from)) {
    push(null, Math.min(segment.from, to));
    push(segment.value, Math.min(segment.to, to));
  }
  push(null, to);
  return spans;
}

/** Points of a small line in a box of `width` × `height`, as an SVG path; empty for fewer than two values. */
export function sparkPath(values: number[], width: number, height: number): string {
  if (values.length < 2) return "";
  const max = Math.max(1, ...values);
  return values
    .map((value, i) => {
      const x = (i / (values.length - 1)) * width;
      const y = height - (value / max) * height;
      return `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}

export type ChartSeries = { key: string; label: string; color: string };
/** A change drawn as a line across the chart. */
export type ChartMark = { at: number; label: string; color: string };
