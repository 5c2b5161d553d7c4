// A young node gets a short span, everything else a day.
import { expect, test } from "vitest";
import { chooseRange } from "./choose-range.ts";

const HOUR = 3_600_000;

test.each([
  [0, 1],
  [1.9, 1],
  [2, 6],
  [11, 6],
  [12, 24],
  [4_000, 24],
])("%d hours old: %d h", (age, range) => expect(chooseRange(new Date(0), age * HOUR)).toBe(range));
