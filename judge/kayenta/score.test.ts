import { describe, expect, test } from "vitest";
import type { MetricLabel } from "./classify.ts";
import { scoreVerdict, weightedScore } from "./score.ts";

const metric = (label: MetricLabel, groups: string[], isCritical = false) => ({ label, groups, isCritical });

describe("weighted score", () => {
  test.each([
    ["all pass", [metric("Pass", ["a"])], {}, 100],
    ["one of three: 33.33", [metric("Pass", ["a"]), metric("High", ["a"]), metric("Low", ["a"])], {}, 33.33],
    ["two of three: 66.67", [metric("Pass", ["a"]), metric("Pass", ["a"]), metric("Low", ["a"])], {}, 66.67],
    ["weights 30 and 70", [metric("Pass", ["a"]), metric("High", ["b"])], { a: 30, b: 70 }, 30],
    [
      "unweighted groups share the rest",
      [metric("Pass", ["a"]), metric("High", ["b"]), metric("Pass", ["c"])],
      { a: 60 },
      80,
    ],
    ["weights beyond 100 are not scaled", [metric("Pass", ["a"]), metric("Pass", ["b"])], { a: 80, b: 80 }, 160],
    ["weights below 100 are not scaled", [metric("Pass", ["a"])], { a: 40 }, 40],
    ["a weight without its group is lost", [metric("Pass", ["a"])], { a: 50, gone: 50 }, 50],
    [
      "a group without data is full",
      [metric("Pass", ["a"]), metric("Pass", ["a"]), metric("Nodata", ["b"])],
      { a: 50, b: 50 },
      100,
    ],
    [
      "no data beside a pass is not counted",
      [metric("Pass", ["a"]), metric("Pass", ["a"]), metric("Nodata", ["a"])],
      {},
      100,
    ],
    ["an error is not counted", [metric("Pass", ["a"]), metric("Error", ["a"])], {}, 100],
    ["required data that is missing fails", [metric("Pass", ["a"]), metric("NodataFailMetric", ["a"])], {}, 50],
    ["half without data: nothing to judge", [metric("Pass", ["a"]), metric("Nodata", ["a"])], {}, 0],
    ["critical fails all", [metric("Pass", ["a"]), metric("Pass", ["a"]), metric("High", ["b"], true)], {}, 0],
    [
      "critical without data fails all",
      [metric("Pass", ["a"]), metric("Pass", ["a"]), metric("Nodata", ["a"], true)],
      {},
      0,
    ],
    ["critical that passes is one of many", [metric("Low", ["a"]), metric("Pass", ["a"], true)], {}, 50],
    ["one metric in two groups", [metric("High", ["a", "b"]), metric("Pass", ["b"])], { a: 50, b: 50 }, 25],
    ["a metric without a group counts nowhere", [metric("High", []), metric("Pass", ["a"])], {}, 100],
    ["no metrics", [], {}, 0],
  ])("%s", (_, metrics, weights, summary) => {
    expect(weightedScore(metrics, weights).summary).toBe(summary);
  });

  test("halves round up by their printed digits", () => {
    // The double nearest to 1.005 lies below it; by its digits it is a half.
    expect(weightedScore([metric("Pass", ["a"])], { a: 33.335 }).summary).toBe(33.34);
    expect(weightedScore([metric("Pass", ["a"])], { a: 1.005 }).summary).toBe(1.01);
  });

  test("groups are told apart, and why it is 0", () => {
    const metrics = [metric("Pass", ["a"]), metric("Pass", ["a"]), metric("Nodata", ["b"])];
    expect(weightedScore(metrics, {}).groups).toEqual([
      { name: "a", score: 100, hasNoData: false, metrics: 2 },
      { name: "b", score: 0, hasNoData: true, metrics: 1 },
    ]);
    expect(weightedScore([metric("Low", ["a"], true)], {}).failedBy).toBe("critical");
    expect(weightedScore([metric("Nodata", ["a"])], {}).failedBy).toBe("nodata");
  });
});

test.each([
  [90, "pass"],
  [89.99, "marginal"],
  [75, "marginal"],
  [74.99, "fail"],
])("%d is %s", (score, verdict) => {
  expect(scoreVerdict(score, { pass: 90, marginal: 75 })).toBe(verdict);
});
