// The Mann–Whitney test (Wilcoxon's rank sum test) of two samples, exact and by the normal approximation, as R's wilcox.test gives it.
import { exactU, exactUpper } from "./exact-u.ts";
import { upperTail } from "./normal.ts";
import { ranks } from "./numbers.ts";

export type Alternative = "two-sided" | "greater" | "less";

export type RankSumOptions = {
  /** What is tested against "no shift": x is shifted either way, upwards, downwards. */
  alternative?: Alternative;
  /** auto: exact for fewer than 50 values a side and no ties, as R does. */
  method?: "exact" | "asymptotic" | "auto";
  /** Half a step of continuity in the approximation. */
  continuity?: boolean;
};

/** R counts exactly below this many values a side. */
export const EXACT_BELOW = 50;

/** u: of x; pairs in which x is larger, ties counted half. */
export type RankSum = { u: number; p: number };

/**
 * The test. NaN in either sample gives NaN.
 *
 * With `method: "exact"` ties are not corrected for (the count knows none); a half U is rounded down, towards the larger p.
 */
export function rankSumTest(x: readonly number[], y: readonly number[], options: RankSumOptions = {}): RankSum {
  const { alternative = "two-sided", method = "auto", continuity = true } = options;
  const nothing = { u: Number.NaN, p: Number.NaN };
  if (x.length === 0 || y.length === 0 || [...x, ...y].some(Number.isNaN)) return nothing;
  const { u, ties } = uOf(x, y);
  const other = x.length * y.length - u;
  const tested = { greater: u, less: other, "two-sided": Math.max(u, other) }[alternative];
  const isExact = method === "exact" || (method === "auto" && canBeExact(x, y, ties));
  const tail = isExact
    ? exactUpper(exactU(x.length, y.length), tested)
    : upperTail((tested - (x.length * y.length) / 2 - (continuity ? 0.5 : 0)) / uStd(x.length, y.length, ties));
  return { u, p: Math.min(1, alternative === "two-sided" ? 2 * tail : tail) };
}

/** U of x against y, and how many values stand in each tie (1: none). */
export function uOf(x: readonly number[], y: readonly number[]): { u: number; ties: number[] } {
  const { ranks: all, ties } = ranks([...x, ...y]);
  const rankSum = all.slice(0, x.length).reduce((sum, rank) => sum + rank, 0);
  return { u: rankSum - (x.length * (x.length + 1)) / 2, ties };
}

/** Standard deviation of U under "no shift", corrected for ties; 0 when everything is tied. */
export function uStd(m: number, n: number, ties: readonly number[]): number {
  const all = m + n;
  const tied = ties.reduce((sum, t) => sum + (t ** 3 - t), 0);
  return Math.sqrt(((m * n) / 12) * (all + 1 - tied / (all * (all - 1))));
}

/** Whether R would count exactly. */
export function canBeExact(x: readonly number[], y: readonly number[], ties: readonly number[]): boolean {
  return x.length < EXACT_BELOW && y.length < EXACT_BELOW && ties.every((t) => t === 1);
}
