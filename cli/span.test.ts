// Spans of time: what is typed, and what is refused.
import { expect, test } from "vitest";
import { spanMs } from "./span.ts";

test.each([
  ["90s", 90_000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
  [" 3d ", 259_200_000],
])("%s", (text, ms) => expect(spanMs(text)).toBe(ms));

test.each(["", "2", "h", "-1h", "2 hours", "1e9s"])("%j is refused", (text) => {
  expect(() => spanMs(text)).toThrow("no span of time");
});
