import { describe, expect, test } from "vitest";
import { classifyMannWhitney, classifyMeans, type MannWhitneyRules, withoutNaN, withoutOutliers } from "./classify.ts";
import { cohenD, commonLanguage, meanRatio } from "./effect-size.ts";
import { percentile, populationStd, ranks, sampleStd, summary } from "./numbers.ts";
import { iqrOutliers, sigmaOutliers } from "./outliers.ts";

const LOW = [10, 11, 12, 13, 14, 15, 16, 17];
const HIGH = LOW.map((value) => value + 20);
const NAN = Number.NaN;

describe("statistics of one sample", () => {
  test("summary: n − 1 for the spread, zeros where there is nothing", () => {
    expect(summary([2, 4, 9])).toEqual({ min: 2, max: 9, mean: 5, std: Math.sqrt((9 + 1 + 16) / 2), count: 3 });
    expect(summary([7])).toEqual({ min: 7, max: 7, mean: 7, std: 0, count: 1 });
    expect(summary([])).toEqual({ min: 0, max: 0, mean: 0, std: 0, count: 0 });
    expect(populationStd([2, 4, 9])).toBeCloseTo(Math.sqrt(26 / 3), 14);
    expect(sampleStd([1e9, 1e9 + 1, 1e9 + 2])).toBeCloseTo(1, 12);
  });

  test.each([
    [[1, 2, 3, 4], 50, 2.5],
    [[4, 1, 3, 2], 25, 1.75],
    [[1, 2, 3, 4], 100, 4],
    [[5, NAN, 1], 50, 3],
    [[7], 1, 7],
    [[], 50, NAN],
  ])("percentile of %j at %d: %d", (values, p, want) => {
    expect(percentile(values, p)).toBe(want);
  });

  test("a percentile outside (0, 100] is refused", () => {
    expect(() => percentile([1], 0)).toThrow(RangeError);
    expect(() => percentile([1], 101)).toThrow(RangeError);
  });

  test("ranks: ties share the mean, NaN is the largest", () => {
    expect(ranks([3, 1, 3, NAN])).toEqual({ ranks: [2.5, 1, 2.5, 4], ties: [1, 2, 1] });
  });
});

describe("effect sizes", () => {
  test.each([
    ["no effect", [1, 2], [1, 2], 0.5, 1, 0],
    ["all higher", [1, 3], [5, 7], 1, 3, 4 / Math.sqrt(2)],
    ["all lower", [5, 7], [1, 3], 0, 1 / 3, 4 / Math.sqrt(2)],
    ["half tied", [2, 2], [2, 4], 0.75, 1.5, 1 / Math.sqrt((0 + 2) / 2)],
    ["to nothing", [0, 0], [1, 3], 1, NAN, 2 / Math.sqrt(1)],
    ["from something to nothing", [1, 3], [0, 0], 0, NAN, 2],
  ])("%s", (_, baseline, canary, cles, ratio, d) => {
    expect(commonLanguage(baseline, canary)).toBe(cles);
    if (Number.isNaN(ratio)) expect(meanRatio(baseline, canary)).toBeNaN();
    else expect(meanRatio(baseline, canary)).toBeCloseTo(ratio, 14);
    expect(cohenD(baseline, canary)).toBeCloseTo(d, 14);
  });
});

describe("outliers", () => {
  test("quartiles 2 and 4 of 1…5 with fences at ±1.5 × 2", () => {
    expect(iqrOutliers([1, 2, 3, 4, 5])).toEqual([false, false, false, false, false]);
    expect(iqrOutliers([1, 2, 3, 4, 7.1])).toEqual([false, false, false, false, true]);
    expect(iqrOutliers([-1.1, 2, 3, 4, 5])).toEqual([true, false, false, false, false]);
    expect(iqrOutliers([])).toEqual([]);
    expect(() => iqrOutliers([1], 0)).toThrow(RangeError);
  });

  test("wide: the 1st to the 99th percentile stay", () => {
    const values = [...Array.from({ length: 400 }, () => 0), 1, 1, 1, 1, 1, 1];
    expect(iqrOutliers(values).filter(Boolean)).toHaveLength(6);
    expect(iqrOutliers(values, 1.5, true).filter(Boolean)).toHaveLength(0);
    expect(withoutOutliers([1, 2, 3, 4, 5, 900])).toEqual([1, 2, 3, 4, 5]);
  });

  test("sigma: σ of 0 0 0 0 10 is 4, the far one stands 8 away", () => {
    expect(sigmaOutliers([0, 0, 0, 0, 10], 1.9)).toEqual([false, false, false, false, true]);
    expect(sigmaOutliers([0, 0, 0, 0, 10], 2)).toEqual([false, false, false, false, false]);
    expect(() => sigmaOutliers([1], -1)).toThrow(RangeError);
  });
});

describe("Mann–Whitney classifier", () => {
  test.each<
    [name: string, baseline: number[], canary: number[], rules: MannWhitneyRules, label: string, grave: boolean]
  >([
    ["higher", LOW, HIGH, {}, "High", false],
    ["lower", HIGH, LOW, {}, "Low", false],
    ["higher, only lower is bad", LOW, HIGH, { direction: "Decrease" }, "Pass", false],
    ["lower, only higher is bad", HIGH, LOW, { direction: "Increase" }, "Pass", false],
    ["higher, critical", LOW, HIGH, { isCritical: true }, "High", true],
    ["lower, critical", HIGH, LOW, { isCritical: true }, "Low", true],
    // means 13.5 and 33.5: ratio 2.48
    ["higher, ratio allowed", LOW, HIGH, { effectThresholds: [0.5, 2.5] }, "Pass", false],
    ["higher, ratio reached", LOW, HIGH, { effectThresholds: [0.5, 2.48] }, "High", false],
    ["lower, ratio allowed", HIGH, LOW, { effectThresholds: [0.4, 2] }, "Pass", false],
    ["higher, not grave", LOW, HIGH, { isCritical: true, criticalThresholds: [0.1, 3] }, "High", false],
    ["all pairs higher", LOW, HIGH, { measure: "cles", effectThresholds: [0, 1] }, "High", false],
    ["pairs allowed", LOW, HIGH, { measure: "cles", effectThresholds: [0, 1.01] }, "Pass", false],
    [
      "from zero: no ratio does not save it",
      [0, 0, 0, 0, 0],
      [5, 6, 7, 8, 9],
      { effectThresholds: [0, 99] },
      "High",
      false,
    ],
    [
      "to zero, critical",
      [5, 6, 7, 8, 9],
      [0, 0, 0, 0, 0],
      { isCritical: true, criticalThresholds: [0, 9] },
      "Low",
      true,
    ],
    ["interval within the tolerated share", LOW, LOW.map((v) => v + 3), { tolerance: 0.9 }, "Pass", false],
    ["constant against constant", [1, 1, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2], {}, "High", false],
    ["the same in another order", [1, 2, 3], [3, 1, 2], {}, "Pass", false],
    ["one value in all", [4, 4], [4, 4, 4], { isCritical: true }, "Pass", false],
    ["no data", LOW, [], {}, "Nodata", false],
    ["no data, critical", LOW, [], { isCritical: true }, "Nodata", true],
    ["no data that is required", [], LOW, { isDataRequired: true }, "NodataFailMetric", false],
    ["no data, required and critical", [], LOW, { isDataRequired: true, isCritical: true }, "Nodata", true],
    ["no data, replaced", LOW, [], { nanStrategy: "Replace", isCritical: true }, "Pass", false],
  ])("%s", (_, baseline, canary, rules, label, grave) => {
    expect(classifyMannWhitney({ baseline, canary }, rules)).toMatchObject({ label, isCritical: grave });
  });

  test("the same data always gives the same figures, constant samples too", () => {
    const samples = { baseline: [1, 1, 1, 1, 1], canary: [10, 10, 10, 10, 10] };
    expect(classifyMannWhitney(samples)).toEqual(classifyMannWhitney(samples));
    expect(classifyMannWhitney(samples).deviation).toBeCloseTo(10, 6);
  });
});

test.each([
  [[1, 2], [2, 3], {}, "High", 2.5 / 1.5],
  [[2, 3], [1, 2], {}, "Low", 0.6],
  [[2, 3], [1, 2], { direction: "Increase" }, "Pass", 1],
  [[2, 3], [3, 2], {}, "Pass", 1],
  [[2, 3], [], {}, "Nodata", 0],
  [[2, 3], [], { isDataRequired: true }, "NodataFailMetric", 1],
  [[2, 3], [], { nanStrategy: "Replace" }, "Pass", 1],
] as const)("means of %j and %j with %j: %s", (baseline, canary, rules, label, deviation) => {
  const got = classifyMeans({ baseline, canary }, rules);
  expect(got.label).toBe(label);
  expect(got.deviation).toBeCloseTo(deviation, 14);
});

test("NaN is left out or zero", () => {
  expect(withoutNaN([1, NAN, 2])).toEqual([1, 2]);
  expect(withoutNaN([1, NAN, 2], "Replace")).toEqual([1, 0, 2]);
});
