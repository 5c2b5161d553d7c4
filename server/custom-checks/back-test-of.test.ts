// When a check counts as too slow to run.
import { describe, expect, test } from "vitest";
import { slowness } from "./back-test-of.ts";

describe("slowness of a check", () => {
  test.each([
    ["a look at nobody", 0, 0, null],
    ["three nodes on a busy machine: nothing is known", 3, 21, null],
    ["three nodes that took long indeed", 3, 150, 50],
    ["a thousand nodes, quick", 1_000, 900, null],
    ["exactly what is allowed", 100, 200, null],
    ["a thousand nodes, slow", 1_000, 2_500, 2.5],
  ])("%s", (_case, nodes, evaluateMs, expected) => {
    expect(slowness({ nodes, evaluateMs })).toBe(expected);
  });
});
