// The restart policy as a table, and its promise: never a tight loop.
import fc from "fast-check";
import { expect, test } from "vitest";
import { decideRestart, QUICK_DEATH_MS, QUICK_DEATHS_MAX } from "./backoff.ts";

test.each([
  { name: "a long run starts over at once", before: 3, livedMs: QUICK_DEATH_MS, delayMs: 250, isFailing: false },
  { name: "first quick death", before: 0, livedMs: 10, delayMs: 250, isFailing: false },
  { name: "second quick death", before: 1, livedMs: 10, delayMs: 500, isFailing: false },
  { name: "fourth quick death", before: 3, livedMs: 10, delayMs: 2_000, isFailing: false },
  { name: "too many", before: QUICK_DEATHS_MAX - 1, livedMs: 10, delayMs: 60_000, isFailing: true },
])("$name", ({ before, livedMs, delayMs, isFailing }) => {
  expect(decideRestart(before, livedMs)).toMatchObject({ delayMs, isFailing });
});

test("whatever the life times, at most twelve starts in any minute", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 20, maxLength: 60 }), (lives) => {
      let now = 0;
      let quickDeaths = 0;
      const starts: number[] = [];
      for (const livedMs of lives) {
        starts.push(now);
        const next = decideRestart(quickDeaths, livedMs);
        quickDeaths = next.quickDeaths;
        now += livedMs + next.delayMs;
      }
      for (const start of starts)
        expect(starts.filter((at) => at >= start && at < start + 60_000).length).toBeLessThanOrEqual(12);
    }),
  );
});
