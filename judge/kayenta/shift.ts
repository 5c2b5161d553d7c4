// By how much x lies above y: Hodges and Lehmann's estimate (the middle of all differences) with its confidence interval.
// Two makers: R's wilcox.test(conf.int = TRUE), and Kayenta's variant of it, which classify.ts and its thresholds are calibrated for.
import { exactCdf, exactQuantile, exactU } from "./exact-u.ts";
import { quantile } from "./normal.ts";
import { ascending, greatest, least } from "./numbers.ts";
import { type Alternative, canBeExact, uOf, uStd } from "./rank-sum.ts";
import { zeroBetween } from "./root.ts";

export type Shift = { low: number; high: number; estimate: number };

/** No interval can be given: all values are tied. */
export class AllTiedError extends Error {
  constructor() {
    super("cannot compute a confidence interval when all observations are tied");
  }
}

type Sides = { x: readonly number[]; y: readonly number[] };

/** How the half step of continuity is applied: towards the middle, always up, always down, not at all. */
type Correction = "centre" | "up" | "down" | "none";

/**
 * z of the rank sum when x is moved down by `shift`, less `z`. Falls as the shift grows; crosses zero at an end of the interval.
 *
 * @throws AllTiedError when every value is the same after the move
 */
export function standardised(sides: Sides, shift: number, z: number, correction: Correction = "centre"): number {
  const { x, y } = sides;
  const { u, ties } = uOf(
    x.map((value) => value - shift),
    y,
  );
  const distance = u - (x.length * y.length) / 2;
  const half = { centre: 0.5 * Math.sign(distance), up: 0.5, down: -0.5, none: 0 }[correction];
  const std = uStd(x.length, y.length, ties);
  if (std === 0) throw new AllTiedError();
  return (distance - half) / std - z;
}

/** Least and greatest of all differences x − y. */
export function shiftRange({ x, y }: Sides): { least: number; greatest: number } {
  return { least: least(x) - greatest(y), greatest: greatest(x) - least(y) };
}

/** The shift at which the rank sum stands `z` from the middle; no check that the range holds it. */
export function crossing(sides: Sides, z: number, correction: Correction = "centre"): number {
  const range = shiftRange(sides);
  const f = (shift: number) => standardised(sides, shift, z, correction);
  return zeroBetween(f, { at: range.least, value: f(range.least) }, { at: range.greatest, value: f(range.greatest) });
}

/** As `crossing`, but an end of the range where the range does not hold it. */
function end(sides: Sides, z: number, correction: Correction): number {
  const range = shiftRange(sides);
  if (standardised(sides, range.least, z, correction) <= 0) return range.least;
  if (standardised(sides, range.greatest, z, correction) >= 0) return range.greatest;
  return crossing(sides, z, correction);
}

/**
 * Kayenta's interval: always the approximation, two-sided, and the continuity step also in the estimate.
 *
 * @throws AllTiedError when every value is the same
 */
export function kayentaShift(x: readonly number[], y: readonly number[], confidence = 0.95): Shift {
  const sides = { x, y };
  const z = quantile((1 - confidence) / 2);
  return { low: end(sides, -z, "centre"), high: end(sides, z, "centre"), estimate: crossing(sides, 0) };
}

/**
 * R's interval: exact for fewer than 50 untied values a side, else by the approximation. A one-sided one is open at the other end.
 *
 * @throws AllTiedError when every value is the same
 */
export function hodgesLehmann(
  x: readonly number[],
  y: readonly number[],
  confidence = 0.95,
  alternative: Alternative = "two-sided",
): Shift {
  const isExact = canBeExact(x, y, uOf(x, y).ties);
  const tail = alternative === "two-sided" ? (1 - confidence) / 2 : 1 - confidence;
  const { low, high, estimate } = isExact ? exactShift({ x, y }, tail) : largeShift({ x, y }, tail, alternative);
  return {
    low: alternative === "less" ? Number.NEGATIVE_INFINITY : low,
    high: alternative === "greater" ? Number.POSITIVE_INFINITY : high,
    estimate,
  };
}

function exactShift({ x, y }: Sides, tail: number): Shift {
  const differences = ascending(x.flatMap((a) => y.map((b) => a - b)));
  const at = (index: number) => differences[index] ?? Number.NaN;
  const cut = Math.max(1, exactQuantile(exactU(x.length, y.length), tail));
  const middle = differences.length / 2;
  const estimate = (at(Math.ceil(middle) - 1) + at(Math.floor(middle))) / 2;
  return { low: at(cut - 1), high: at(differences.length - cut), estimate };
}

function largeShift(sides: Sides, tail: number, alternative: Alternative): Shift {
  const z = quantile(tail);
  const correction = ({ "two-sided": "centre", greater: "up", less: "down" } as const)[alternative];
  return {
    low: end(sides, -z, correction),
    high: end(sides, z, correction),
    estimate: crossing(sides, 0, "none"),
  };
}

/** The confidence that an exact interval really has: at least the one asked for. */
export function achievedConfidence(m: number, n: number, confidence: number): number {
  const probability = exactU(m, n);
  const cut = Math.max(1, exactQuantile(probability, (1 - confidence) / 2));
  return 1 - 2 * exactCdf(probability, cut - 1);
}

/** What the interval is found from, for those who want to follow it: range, normal quantiles, the function at both ends, the unchecked roots. */
export function kayentaTrace(x: readonly number[], y: readonly number[], confidence: number) {
  const sides = { x, y };
  const range = shiftRange(sides);
  const zUpper = quantile((1 - confidence) / 2);
  const at = (shift: number, z: number) => standardised(sides, shift, z);
  return {
    muMin: range.least,
    muMax: range.greatest,
    zLower: -zUpper,
    zUpper,
    atMinLower: at(range.least, -zUpper),
    atMaxLower: at(range.greatest, -zUpper),
    atMinUpper: at(range.least, zUpper),
    atMaxUpper: at(range.greatest, zUpper),
    low: crossing(sides, -zUpper),
    high: crossing(sides, zUpper),
    estimate: crossing(sides, 0),
  };
}
