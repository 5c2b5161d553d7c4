// Times of patrols: intervals that do not drift, cron across daylight saving, and turns that are even and always the same.
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inTurn, nextRunAt, offsetOf, readyCount, triggerError } from "./schedule.ts";
import type { Trigger } from "./schema.ts";

const at = (text: string) => new Date(text);
const cron = (expression: string, timeZone: string): Trigger => ({ type: "cron", expression, timeZone });
/** The next so many runs. */
function runs(trigger: Trigger, from: string, count: number): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  let now: Date | null = at(from);
  while (now && found.length < count) {
    now = nextRunAt(trigger, at(from), now);
    found.push(now?.toISOString());
  }
  return found;
}

describe("interval", () => {
  const anchor = at("2026-01-01T00:00:00Z");
  const every: Trigger = { type: "interval", everyMs: 300_000 };
  test("counts from the anchor, whenever it is asked", () => {
    expect(nextRunAt(every, anchor, anchor)).toEqual(at("2026-01-01T00:05:00Z"));
    expect(nextRunAt(every, anchor, at("2026-01-01T00:04:59.999Z"))).toEqual(at("2026-01-01T00:05:00Z"));
    expect(nextRunAt(every, anchor, at("2026-01-01T00:05:00Z"))).toEqual(at("2026-01-01T00:10:00Z"));
    // After a day without workers: one next time, not two hundred and eighty-eight.
    expect(nextRunAt(every, anchor, at("2026-01-02T00:02:00Z"))).toEqual(at("2026-01-02T00:05:00Z"));
    // A clock that was set back.
    expect(nextRunAt(every, anchor, at("2025-12-31T00:00:00Z"))).toEqual(at("2026-01-01T00:05:00Z"));
  });
  test("is always after now, by an interval at most, and on the grid", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60_000, max: 86_400_000 }),
        fc.integer({ min: 0, max: 10 ** 11 }),
        (everyMs, late) => {
          const now = anchor.getTime() + late;
          const next = nextRunAt({ type: "interval", everyMs }, anchor, new Date(now))?.getTime() ?? 0;
          return next > now && next - now <= everyMs && (next - anchor.getTime()) % everyMs === 0;
        },
      ),
    );
  });
});

describe("cron", () => {
  test("is read in its time zone", () => {
    expect(runs(cron("0 3 * * *", "Asia/Shanghai"), "2026-03-01T12:00:00Z", 2)).toEqual([
      "2026-03-01T19:00:00.000Z",
      "2026-03-02T19:00:00.000Z",
    ]);
    expect(runs(cron("*/15 * * * *", "UTC"), "2026-03-01T12:00:00Z", 2)).toEqual([
      "2026-03-01T12:15:00.000Z",
      "2026-03-01T12:30:00.000Z",
    ]);
  });
  test("a time that daylight saving leaves out runs right after the gap, once", () => {
    // Berlin, 29 March 2026: 02:00 becomes 03:00.
    expect(runs(cron("30 2 * * *", "Europe/Berlin"), "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
  });
  test("a time that comes twice runs once", () => {
    // Berlin, 25 October 2026: 03:00 becomes 02:00 again.
    const found = runs(cron("30 2 * * *", "Europe/Berlin"), "2026-10-24T12:00:00Z", 2);
    expect(found[0]).toBe("2026-10-25T00:30:00.000Z");
    expect(found[1]).toBe("2026-10-26T01:30:00.000Z");
  });
  test("a whole year of hourly runs in New York has no gap over an hour, forwards or back", () => {
    let now = at("2026-01-01T00:30:00Z");
    for (let i = 0; i < 365 * 24; i += 1) {
      const next = nextRunAt(cron("0 * * * *", "America/New_York"), now, now);
      const gap = (next?.getTime() ?? 0) - now.getTime();
      expect(gap).toBeGreaterThan(0);
      expect(gap).toBeLessThanOrEqual(3_600_000);
      now = next ?? now;
    }
  });
  test("what is none is told, in both languages", () => {
    const now = at("2026-03-01T12:00:00Z");
    for (const expression of ["61 * * * *", "* * * *", "* * * * * *", "0 0 30 2 *", "x y z a b"])
      expect([expression, triggerError(cron(expression, "UTC"), now)?.zh]).toEqual([expression, expect.any(String)]);
    expect(triggerError(cron("0 3 * * *", "Mars/Base"), now)?.en).toContain("Mars/Base");
    expect(triggerError(cron("0 3 * * 1-5", "Europe/Berlin"), now)).toBeNull();
    expect(triggerError({ type: "manual" }, now)).toBeNull();
  });
});

test("by hand and on change have no time", () => {
  const now = at("2026-03-01T12:00:00Z");
  expect(nextRunAt({ type: "manual" }, now, now)).toBeNull();
  expect(nextRunAt({ type: "change", kinds: ["cni"] }, now, now)).toBeNull();
});

describe("turns", () => {
  const WINDOW = 300_000;
  const ids = Array.from({ length: 20_000 }, (): string => randomUUID());
  test("are spread evenly over the window, for random ids and for ids in a row", () => {
    const inARow = Array.from(
      { length: 20_000 },
      (_, i) => `00000000-0000-7000-8000-${i.toString(16).padStart(12, "0")}`,
    );
    for (const some of [ids, inARow]) {
      const tenths = Map.groupBy(some, (id) => Math.floor((offsetOf(id, WINDOW) / WINDOW) * 10));
      expect([...tenths.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      for (const { length: count } of tenths.values()) expect(Math.abs(count - 2_000)).toBeLessThan(250);
    }
  });
  test("are the same each time, whoever else is there", () => {
    const few = ids.slice(0, 100);
    expect(inTurn([...few].reverse(), WINDOW)).toEqual(inTurn(few, WINDOW));
    const all = inTurn(ids, WINDOW);
    const kept = new Set<string>(few);
    expect(all.filter((id) => kept.has(id))).toEqual(inTurn(few, WINDOW));
  });
  test("come by the clock and all in the end", () => {
    const order = inTurn(ids, WINDOW);
    expect(readyCount(order, WINDOW, WINDOW)).toBe(order.length);
    const half = readyCount(order, WINDOW, WINDOW / 2);
    expect(half).toBeGreaterThan(9_500);
    expect(half).toBeLessThan(10_500);
    expect(readyCount(order, 0, 0)).toBe(order.length);
    expect(inTurn(["b", "a"], 0)).toEqual(["a", "b"]);
  });
});
