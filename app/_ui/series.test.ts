// Charts tell the truth about missing data.
import { expect, test } from "vitest";
import { holeAfter, layoutSpans, sparkPath, withGaps } from "./series.ts";

test("a hole becomes an empty point, a regular step does not", () => {
  const points = [0, 10, 20, 100, 110].map((at) => ({ at, cpu: at }));
  expect(withGaps(points, 25)).toEqual([
    { at: 0, cpu: 0 },
    { at: 10, cpu: 10 },
    { at: 20, cpu: 20 },
    { at: 21, cpu: null },
    { at: 100, cpu: 100 },
    { at: 110, cpu: 110 },
  ]);
});

test("the usual step decides what a hole is", () => {
  expect(holeAfter([0, 10, 20, 100, 110].map((at) => ({ at })))).toBe(25);
  expect(holeAfter([{ at: 0 }, { at: 1000 }])).toBe(Number.POSITIVE_INFINITY);
});

test("spans cover the whole strip, gaps included", () => {
  const spans = layoutSpans(
    [
      { from: 20, to: 60, value: "b" },
      { from: 60, to: 500, value: "c" },
    ],
    0,
    100,
  );
  expect(spans).toEqual([
    { value: null, start: 0, width: 20 },
    { value: "b", start: 20, width: 40 },
    { value: "c", start: 60, width: 40 },
  ]);
  expect(layoutSpans([], 0, 100)).toEqual([{ value: null, start: 0, width: 100 }]);
  expect(layoutSpans([], 5, 5)).toEqual([]);
});

test("segments from before the strip are cut", () => {
  expect(layoutSpans([{ from: -50, to: 50, value: "a" }], 0, 100)).toEqual([
    { value: "a", start: 0, width: 50 },
    { value: null, start: 50, width: 50 },
  ]);
});

test("a sparkline needs two values and touches top and bottom", () => {
  expect(sparkPath([3], 10, 10)).toBe("");
  expect(sparkPath([0, 4], 10, 10)).toBe("M0.0 10.0L10.0 0.0");
});
