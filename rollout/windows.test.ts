// Windows in time zones: over midnight, and in the nights when clocks are put forward and back.
import { describe, expect, it } from "vitest";
import type { Window } from "./types.ts";
import { isOpen, isTimeZone, nextOpening, wallClock, windowLength } from "./windows.ts";

const EVERY = [0, 1, 2, 3, 4, 5, 6];
const window = (from: number, to: number, change: Partial<Window> = {}): Window => ({
  days: EVERY,
  from: from * 60,
  to: to * 60,
  timeZone: "UTC",
  ...change,
});
const at = (text: string) => Date.parse(text);

describe("isOpen", () => {
  it("is always open without windows", () => expect(isOpen([], at("2026-03-02T08:00Z"))).toBe(true));

  it.each<[string, Window, string, boolean]>([
    ["begin", window(2, 4), "2026-03-02T02:00Z", true],
    ["end", window(2, 4), "2026-03-02T04:00Z", false],
    ["Shanghai is eight hours ahead", window(2, 4, { timeZone: "Asia/Shanghai" }), "2026-03-01T18:30Z", true],
    ["over midnight, evening", window(22, 2, { days: [1] }), "2026-03-02T23:00Z", true],
    ["over midnight, it is still Monday's window", window(22, 2, { days: [1] }), "2026-03-03T01:00Z", true],
    ["over midnight, Monday morning is Sunday's", window(22, 2, { days: [1] }), "2026-03-02T01:00Z", false],
    ["no such zone: closed", window(0, 24, { timeZone: "Mars/Base" }), "2026-03-02T01:00Z", false],
    ["the whole day", window(0, 24), "2026-03-02T23:59Z", true],
  ])("%s", (_name, one, time, open) => expect(isOpen([one], at(time))).toBe(open));

  it("never opens in the hour that is left out, and opens in both that come twice", () => {
    const berlin = window(2, 3, { timeZone: "Europe/Berlin" });
    // 2026-03-29 02:00 CET becomes 03:00 CEST; 2026-10-25 03:00 CEST becomes 02:00 CET.
    expect(isOpen([berlin], at("2026-03-29T00:59Z"))).toBe(false);
    expect(isOpen([berlin], at("2026-03-29T01:00Z"))).toBe(false);
    expect(isOpen([berlin], at("2026-10-25T00:30Z"))).toBe(true);
    expect(isOpen([berlin], at("2026-10-25T01:30Z"))).toBe(true);
    expect(isOpen([berlin], at("2026-10-25T02:00Z"))).toBe(false);
  });
});

describe("nextOpening", () => {
  it("finds the minute", () => {
    const one = { ...window(2, 4), from: 127 };
    expect(nextOpening([one], at("2026-03-02T00:00Z"))).toBe(at("2026-03-02T02:07Z"));
    expect(nextOpening([one], at("2026-03-02T03:00Z"))).toBe(at("2026-03-02T03:00Z"));
    expect(nextOpening([{ ...one, days: [1] }], at("2026-03-02T05:00Z"))).toBe(at("2026-03-09T02:07Z"));
  });
  it("knows when the night is short", () => {
    const berlin = { ...window(2, 5, { timeZone: "Europe/Berlin" }), from: 150 };
    expect(nextOpening([berlin], at("2026-03-29T00:00Z"))).toBe(at("2026-03-29T01:00Z"));
  });
  it("is null where none ever opens", () => expect(nextOpening([window(1, 2, { days: [] })], 0)).toBeNull());
});

it("knows zones and lengths", () => {
  expect(isTimeZone("Asia/Shanghai")).toBe(true);
  expect(isTimeZone("Mars/Base")).toBe(false);
  expect(wallClock("Asia/Kathmandu", at("2026-03-02T00:00Z"))).toEqual({ day: 1, minute: 345 });
  expect(windowLength(window(22, 2))).toBe(240);
});
