// Exact bounds against closed forms and a published table.
import { expect, test } from "vitest";
import { clopperPearson } from "./bounds.ts";

test("none and all of n, in closed form: 1 − 0.025^(1/n), and its mirror", () => {
  for (const n of [10, 3_700]) {
    expect(clopperPearson(0, n).high).toBeCloseTo(1 - 0.025 ** (1 / n), 12);
    expect(clopperPearson(n, n).low).toBeCloseTo(0.025 ** (1 / n), 12);
  }
  expect([clopperPearson(0, 10).low, clopperPearson(10, 10).high]).toEqual([0, 1]);
  // So many runs without an alarm show that fewer than one in 1,000 raises one.
  expect([clopperPearson(0, 3_688).high < 0.001, clopperPearson(0, 3_687).high < 0.001]).toEqual([true, false]);
});

test("5 of 10, as tables give it", () => {
  const { low, high } = clopperPearson(5, 10);
  expect([low, high]).toEqual([expect.closeTo(0.18709, 5), expect.closeTo(0.81291, 5)]);
});
