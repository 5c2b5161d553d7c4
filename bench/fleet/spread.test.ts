// Histograms: quantiles near the truth, sums over processes, nothing where nothing was measured.
import { describe, expect, it } from "vitest";
import { random } from "../judge-traces.ts";
import { add, emptySpread, merge, quantile, quantiles } from "./spread.ts";

const spreadOf = (values: readonly number[]) => {
  const spread = emptySpread();
  for (const value of values) add(spread, value);
  return spread;
};

describe("spread", () => {
  it("gives quantiles within a thirtieth of the sorted values", () => {
    const next = random(3);
    const values = Array.from({ length: 5_000 }, () => Math.exp(next() * 10));
    const sorted = values.toSorted((a, b) => a - b);
    for (const share of [0.01, 0.5, 0.9, 0.99, 0.999]) {
      const truth = sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
      expect(Math.abs(quantile(spreadOf(values), share) / truth - 1)).toBeLessThan(1 / 30);
    }
  });

  it("knows the largest as it was", () => {
    const found = quantiles(spreadOf([1, 2, 1234.56]));
    expect(found).toMatchObject({ max: 1234.56, p999: 1234.56, count: 3 });
  });

  it("adds up over processes to what one would have counted", () => {
    const [a, b] = [
      [1, 5, 9],
      [2, 700],
    ];
    expect(merge([spreadOf(a), spreadOf(b)])).toEqual(spreadOf([...a, ...b]));
  });

  it("says nothing of nothing", () => {
    expect(quantiles(emptySpread())).toBeNull();
    expect(quantile(emptySpread(), 0.5)).toBeNaN();
  });

  it("keeps what is off its scale at its ends", () => {
    const spread = spreadOf([0, -5, 1e12]);
    expect(spread.count).toBe(3);
    expect(quantile(spread, 0.01)).toBeLessThan(0.1);
    expect(quantile(spread, 1)).toBe(1_048_576);
  });
});
