// What earns auto and what loses it, and the interval behind both.
import { describe, expect, test } from "vitest";
import { judgeRuns, whyLost } from "./earned.ts";
import { wilsonLower } from "./wilson.ts";

// Published values: Brown, Cai, DasGupta, "Interval Estimation for a Binomial Proportion", Stat. Sci. 16 (2001); R's prop.test(correct = FALSE).
test.each([
  [0, 0, 0],
  [0, 10, 0],
  [10, 10, 0.722467],
  [20, 20, 0.838875],
  [35, 35, 0.901092],
  [41, 43, 0.845413],
  [50, 100, 0.403832],
])("the lower end for %d of %d", (succeeded, runs, lower) =>
  expect(wilsonLower(succeeded, runs)).toBeCloseTo(lower, 4),
);

const repair = { id: "r", title: { en: "R", zh: "R" }, risk: "safe" } as const;
const runs = (...parts: [count: number, ok: boolean][]) =>
  parts.flatMap(([count, ok]) => Array<boolean>(count).fill(ok));
const judge = (...parts: [count: number, ok: boolean][]) => judgeRuns(repair, runs(...parts));

describe("newest first", () => {
  test.each<[name: string, parts: [number, boolean][], isEarned: boolean, isLost: boolean]>([
    ["nothing ran", [], false, true],
    ["too few", [[19, true]], false, false],
    ["enough, but not sure enough", [[20, true]], false, false],
    ["sure enough", [[35, true]], true, false],
    [
      "one failure long ago",
      [
        [60, true],
        [1, false],
        [10, true],
      ],
      true,
      false,
    ],
    [
      "two failures just now",
      [
        [2, false],
        [200, true],
      ],
      false,
      true,
    ],
    [
      "one failure just now",
      [
        [1, false],
        [200, true],
      ],
      true,
      false,
    ],
    [
      "it works two of three times",
      [
        [20, true],
        [10, false],
      ],
      false,
      true,
    ],
  ])("%s", (_name, parts, isEarned, isLost) => {
    const earned = judge(...parts);
    expect(earned.isEarned).toBe(isEarned);
    expect(earned.why === null).toBe(isEarned);
    expect(whyLost(earned) !== null).toBe(isLost);
  });
});

test("the refusal tells the figures in both languages", () => {
  expect(judge([12, true]).why?.en).toMatch(/12 of 12.*20/);
  expect(judge([12, true]).why?.zh).toMatch(/12\/12.*20/);
  expect(judge([20, true]).why?.en).toMatch(/83 %.*90 %/);
});
