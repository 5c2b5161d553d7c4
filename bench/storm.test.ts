// How soon a fleet is back: shares of all nodes, and nothing is said of what has not happened.
import { expect, it } from "vitest";
import { backAfter } from "./storm.ts";

const welcomes = Array.from({ length: 200 }, (_, i) => 10_000 + (i + 1) * 100);

it("says when half, 99 in 100 and all are back", () => {
  expect(backAfter(welcomes, 10_000, 200)).toEqual({ half: 10, most: 19.8, all: 20 });
});

it("says nothing of nodes that are not back", () => {
  expect(backAfter(welcomes.slice(0, 198), 10_000, 200)).toEqual({ half: 10, most: 19.8, all: null });
  expect(backAfter([], 10_000, 200)).toEqual({ half: null, most: null, all: null });
});

it("does not take a welcome from before the kill for a return", () => {
  expect(backAfter([9_000, 9_500, 10_100, 10_200], 10_000, 4)).toEqual({ half: 0.2, most: null, all: null });
});
