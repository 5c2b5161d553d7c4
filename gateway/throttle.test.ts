// How fast one agent is read, in numbers: an honest one never waits, a flood waits for as long as it is ahead.
import { expect, test } from "vitest";
import { createThrottle } from "./throttle.ts";

test("an agent that empties a full spool is read without a pause", () => {
  const throttle = createThrottle(0);
  // 32 MiB in frames of 32 KiB, 64 of them at each acknowledgement every 200 ms.
  const waits = Array.from({ length: 1_024 }, (_, i) => throttle.spend(32 * 1024, Math.floor(i / 64) * 200));
  expect(Math.max(...waits)).toBe(0);
});

test("heartbeats alone cost nothing that lasts", () => {
  const throttle = createThrottle(0);
  for (let second = 0; second < 3_600; second += 5) expect(throttle.spend(40, second * 1_000)).toBe(0);
});

test("a flood waits, longer the further it is ahead, and is read again once it has waited", () => {
  const throttle = createThrottle(0);
  const waits = Array.from({ length: 10_000 }, () => throttle.spend(100, 0));
  const [last = 0] = waits.slice(-1);
  expect(waits[0]).toBe(0);
  expect(last).toBeGreaterThan(15_000);
  expect(throttle.spend(100, last + 100)).toBe(0);
});

test("large frames count by their size", () => {
  const throttle = createThrottle(0);
  const waits = Array.from({ length: 20 }, () => throttle.spend(4 * 1024 * 1024, 0));
  expect(waits.findIndex((wait) => wait > 0)).toBe(7);
});
