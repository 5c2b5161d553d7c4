// Exact values are counted out by hand or by enumerating every order; the approximation's are worked out by formula.
import { describe, expect, test } from "vitest";
import { exactCdf, exactQuantile, exactU, exactUpper } from "./exact-u.ts";
import { quantile, upperTail } from "./normal.ts";
import { rankSumTest } from "./rank-sum.ts";
import { AllTiedError, achievedConfidence, hodgesLehmann, kayentaShift, kayentaTrace, standardised } from "./shift.ts";

describe("normal distribution", () => {
  // Abramowitz & Stegun, tables 26.1 and 26.5; the tails by the asymptotic series to the digits given.
  test.each([
    [0, 0.5],
    [1, 0.158655253931457],
    [1.959963984540054, 0.025],
    [-1, 0.841344746068543],
    [4, 3.16712418331199e-5],
    [10, 7.61985302416053e-24],
    [38, 2.885428e-316],
  ])("P(Z > %d) = %d", (z, p) => {
    expect(upperTail(z) / p).toBeCloseTo(1, z > 30 ? 5 : 12);
  });

  test("the quantile is the tail's inverse, far out too", () => {
    for (const p of [1e-300, 1e-12, 1e-4, 0.01, 0.3, 0.5]) expect(upperTail(-quantile(p)) / p).toBeCloseTo(1, 11);
    expect(quantile(0.975)).toBeCloseTo(1.959963984540054, 13);
    expect([quantile(0), quantile(1), quantile(2)]).toEqual([-Infinity, Infinity, Number.NaN]);
  });
});

/** U of every choice of places for the first sample. */
function enumerated(m: number, n: number): number[] {
  const counts = new Array<number>(m * n + 1).fill(0);
  for (let places = 0; places < 2 ** (m + n); places++) {
    const isFirst = Array.from({ length: m + n }, (_, i) => ((places >> i) & 1) === 1);
    if (isFirst.filter(Boolean).length !== m) continue;
    const u = isFirst.reduce((sum, is, i) => sum + (is ? isFirst.slice(0, i).filter((one) => !one).length : 0), 0);
    counts[u] = (counts[u] ?? 0) + 1;
  }
  const total = counts.reduce((a, b) => a + b);
  return counts.map((count) => count / total);
}

describe("exact distribution of U", () => {
  test.each([
    [1, 1],
    [2, 3],
    [4, 4],
    [6, 5],
  ])("%d and %d values: every order, counted", (m, n) => {
    const want = enumerated(m, n);
    exactU(m, n).forEach((p, u) => {
      expect(p).toBeCloseTo(want[u] ?? -1, 14);
    });
  });

  test("tails, quantile and limits", () => {
    const p = exactU(3, 3); // of 20 orders: 1 1 2 3 3 3 3 2 1 1
    expect(exactCdf(p, 1)).toBeCloseTo(0.1, 14);
    expect(exactUpper(p, 8)).toBeCloseTo(0.1, 14);
    expect(exactUpper(p, 0)).toBeCloseTo(1, 14);
    expect([exactQuantile(p, 0.05), exactQuantile(p, 0.051), exactQuantile(p, 1)]).toEqual([0, 1, 9]);
    expect(exactU(49, 49)[0]).toBeGreaterThan(0); // 1 of C(98, 49): nothing is lost in small tails
    expect(() => exactU(200, 200)).toThrow(RangeError);
  });
});

describe("rank sum test", () => {
  // x beats 4 of 6 pairs of [1, 4, 6] and [2, 3]: U = 4; of 10 orders 4 have U ≥ 4.
  const [x, y] = [
    [1, 4, 6],
    [2, 3],
  ];
  test.each([
    ["greater", 0.4],
    ["less", 0.8],
    ["two-sided", 0.8],
  ] as const)("exact, %s", (alternative, p) => {
    const got = rankSumTest(x, y, { alternative });
    expect(got.u).toBe(4);
    expect(got.p).toBeCloseTo(p, 13);
  });

  test("approximation: z = (U − mn/2 − ½)/√(mn(m+n+1)/12)", () => {
    const z = (4 - 3 - 0.5) / Math.sqrt((6 * 6) / 12);
    expect(rankSumTest(x, y, { method: "asymptotic", alternative: "greater" }).p).toBeCloseTo(upperTail(z), 14);
    const plain = (4 - 3) / Math.sqrt(3);
    const options = { method: "asymptotic", continuity: false } as const;
    expect(rankSumTest(x, y, options).p).toBeCloseTo(2 * upperTail(plain), 14);
  });

  test("ties count half and shrink the variance; auto turns to the approximation", () => {
    // ranks of [1, 2, 2] against [2, 3]: 1 3 3 | 3 5; U = 7 − 6 = 1; three tied: 3³ − 3 = 24 of 5·4
    const std = Math.sqrt((6 / 12) * (6 - 24 / 20));
    const got = rankSumTest([1, 2, 2], [2, 3], { alternative: "less" });
    expect(got.u).toBe(1);
    expect(got.p).toBeCloseTo(upperTail((5 - 3 - 0.5) / std), 14);
  });

  test("large samples, equal samples, no samples", () => {
    const many = Array.from({ length: 50 }, (_, i) => i);
    expect(
      rankSumTest(
        many,
        many.map((v) => v + 0.5),
        {},
      ).p,
    ).toBe(
      rankSumTest(
        many,
        many.map((v) => v + 0.5),
        { method: "asymptotic" },
      ).p,
    );
    expect(rankSumTest([1, 2], [1, 2]).p).toBe(1);
    expect(rankSumTest([5, 5], [5]).p).toBe(1);
    expect(rankSumTest([], [1])).toEqual({ u: Number.NaN, p: Number.NaN });
    expect(rankSumTest([Number.NaN], [1]).p).toBeNaN();
  });
});

describe("shift with its confidence interval", () => {
  const x = [1.1, 2.4, 3.9, 5.2];
  const y = [0.3, 1.7, 2.2];
  const differences = x.flatMap((a) => y.map((b) => a - b)).sort((a, b) => a - b);

  test("exact: the middle of all differences, and the ones that the exact quantile names", () => {
    // 35 orders; P(U ≤ 2) = 4/35 = 0.114, P(U ≤ 1) = 2/35 = 0.057: the 10 % quantile of each side at 80 % is 2
    const got = hodgesLehmann(x, y, 0.8);
    expect(got.estimate).toBeCloseTo(((differences[5] ?? 0) + (differences[6] ?? 0)) / 2, 14);
    expect([got.low, got.high]).toEqual([differences[1], differences[10]]);
    expect(achievedConfidence(4, 3, 0.8)).toBeCloseTo(1 - 4 / 35, 13);
    expect(hodgesLehmann([5], [3])).toEqual({ low: 2, high: 2, estimate: 2 }); // no order is rare enough: the widest there is
    expect(hodgesLehmann(x, y, 0.9, "greater")).toMatchObject({ low: differences[1], high: Infinity });
    expect(hodgesLehmann(x, y, 0.9, "less")).toMatchObject({ low: -Infinity, high: differences[10] });
  });

  test("tied samples: by the approximation, an end is where z crosses the quantile", () => {
    const a = [3, 3, 4, 5, 6, 7, 7, 8, 9, 9];
    const b = [1, 2, 2, 3, 4, 4, 5, 6, 6, 8];
    const { low, high, estimate } = hodgesLehmann(a, b, 0.9);
    const z = quantile(0.95);
    for (const [at, level, correction] of [
      [low, z, "centre"],
      [high, -z, "centre"],
      [estimate, 0, "none"],
    ] as const) {
      expect(standardised({ x: a, y: b }, at - 1e-3, level, correction)).toBeGreaterThanOrEqual(0);
      expect(standardised({ x: a, y: b }, at + 1e-3, level, correction)).toBeLessThanOrEqual(0);
    }
    // Differences 0.5 0.75 1.5 1.5 1.75 1.75; at z = ±½ the half step decides which of them ends the interval.
    const confidence = 1 - upperTail(0.5);
    expect(hodgesLehmann([1, 2, 2], [0.25, 0.5], confidence, "greater").low).toBeCloseTo(0.75, 3);
    expect(hodgesLehmann([1, 2, 2], [0.25, 0.5], confidence, "less").high).toBeCloseTo(1.75, 3);
    // Differences 3 13 13 23 23: with a half step every shift between 13 and 23 would do for the middle.
    expect(hodgesLehmann([0, 10, 10, 20, 20], [-3]).estimate).toBeCloseTo(13, 3);
  });

  test("Kayenta's variant approximates always; an interval that leaves the range ends with it", () => {
    const { low, high } = kayentaShift([10, 11], [1, 2], 0.999);
    expect([low, high]).toEqual([8, 10]);
    const trace = kayentaTrace(x, y, 0.8);
    const own = kayentaShift(x, y, 0.8);
    expect([trace.low, trace.high, trace.estimate]).toEqual([own.low, own.high, own.estimate]);
    expect([trace.muMin, trace.muMax]).toEqual([1.1 - 2.2, 5.2 - 0.3]);
    expect(trace.atMinLower).toBeCloseTo(standardised({ x, y }, trace.muMin, trace.zLower), 14);
  });

  test("z by hand: ranks of 5 6 | 1 2 give U 4, (4 − 2 − ½)/√(4·5/12)", () => {
    expect(standardised({ x: [5, 6], y: [1, 2] }, 0, 0.25)).toBeCloseTo(1.5 / Math.sqrt(20 / 12) - 0.25, 14);
    expect(() => standardised({ x: [5], y: [3] }, 2, 0)).toThrow(AllTiedError);
  });
});
