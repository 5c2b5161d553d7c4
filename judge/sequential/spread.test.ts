// Special functions against published values, and what is far.
import { expect, test } from "vitest";
import { incompleteBeta, isFarAbove, studentTail } from "./spread.ts";

test("the regularised incomplete beta function, by closed forms", () => {
  expect(incompleteBeta(0.3, 1, 1)).toBeCloseTo(0.3, 12);
  expect(incompleteBeta(0.5, 7, 7)).toBeCloseTo(0.5, 12);
  // I_x(2, 3) = P(Bin(4, x) ≥ 2); I_x(1, b) = 1 − (1−x)^b; I_x(a, 1) = x^a.
  expect(incompleteBeta(0.2, 2, 3)).toBeCloseTo(0.1808, 12);
  expect(incompleteBeta(0.9, 1, 5)).toBeCloseTo(1 - 0.1 ** 5, 12);
  expect(incompleteBeta(0.9, 4.5, 1)).toBeCloseTo(0.9 ** 4.5, 12);
});

test("Student's tail at the percentage points of the tables", () => {
  for (const [t, freedom, tail] of [
    [6.314, 1, 0.05],
    [4.785, 7, 0.001],
    [3.579, 19, 0.001],
    [2.764, 10, 0.01],
  ] as const)
    expect(studentTail(t, freedom)).toBeCloseTo(tail, 5);
});

test("far is measured by how much the others differ; of two others nothing can be said", () => {
  const others = [1, 1.1, 0.9, 1.05, 0.95, 1, 1.02, 0.98];
  expect([isFarAbove(1.2, others, 1e-4), isFarAbove(3, others, 1e-4), isFarAbove(-3, others, 1e-4)]).toEqual([
    false,
    true,
    false,
  ]);
  expect(
    isFarAbove(
      3,
      others.map((one) => (one - 1) * 20 + 1),
      1e-4,
    ),
  ).toBe(false);
  expect([isFarAbove(9, [1, 1], 1e-4), isFarAbove(1.1, [1, 1, 1], 1e-4), isFarAbove(1, [1, 1, 1], 1e-4)]).toEqual([
    false,
    true,
    false,
  ]);
});
