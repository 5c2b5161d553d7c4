// Policies: the defaults are valid for everything, and what must not be used is refused in both languages.
import { describe, expect, it } from "vitest";
import { defaultPolicy, singlePolicy, validatePolicy } from "./policy.ts";
import type { Policy } from "./types.ts";

const base = defaultPolicy({ risk: "disruptive", count: 1_000, lane: "normal", isReversible: true });
const paths = (change: Partial<Policy>) => validatePolicy({ ...base, ...change }).map(({ path }) => path);
const window = { days: [1], from: 0, to: 60, timeZone: "UTC" };

describe("defaultPolicy", () => {
  const risks = ["safe", "disruptive", "destructive"] as const;
  it.each(risks.flatMap((risk) => [1, 12, 100_000].map((count) => [risk, count] as const)))(
    "%s for %i is valid",
    (risk, count) => {
      for (const lane of ["normal", "fast"] as const)
        for (const isReversible of [true, false])
          expect(validatePolicy(defaultPolicy({ risk, count, lane, isReversible }))).toEqual([]);
    },
  );
  it("is shorter in the fast lane, with a canary all the same, and never goes back where there is no way", () => {
    const fast = defaultPolicy({ risk: "safe", count: 10, lane: "fast", isReversible: false });
    expect(fast.soakMs).toBeLessThan(base.soakMs);
    expect(fast.soakMs).toBeGreaterThan(0);
    expect(fast).toMatchObject({ first: 1, rehearse: false, onFail: "halt" });
  });
});

describe("validatePolicy", () => {
  it.each<[string, Partial<Policy>, string]>([
    ["growth over three", { growth: 3.1 }, "growth"],
    ["growth that is none", { growth: 1 }, "growth"],
    ["growth that is no number", { growth: Number.NaN }, "growth"],
    ["no canary", { first: 0 }, "first"],
    ["a first wave that is none", { first: 101 }, "first"],
    ["a share that is too large", { firstRatio: 0.06 }, "firstRatio"],
    ["no soak", { soakMs: 0 }, "soakMs"],
    ["a soak of the fast lane in the normal one", { soakMs: 30_000 }, "soakMs"],
    ["two samples of twelve looks", { soakMs: 120_000, judge: { ...base.judge, kind: "kayenta" } }, "soakMs"],
    ["no errors", { maxErrors: 0 }, "maxErrors"],
    ["half an error", { maxErrors: 1.5 }, "maxErrors"],
    ["nothing in flight", { maxInFlight: 0 }, "maxInFlight"],
    ["much drift", { driftMaxRatio: 0.5 }, "driftMaxRatio"],
    ["a judge that may always be silent", { judgeSilentMs: 100 * 3_600_000 }, "judgeSilentMs"],
    ["many false alarms", { judge: { ...base.judge, alpha: 0.05 } }, "judge.alpha"],
    ["no false alarm at all", { judge: { ...base.judge, alpha: 0 } }, "judge.alpha"],
    ["a window of no zone", { windows: [{ ...window, timeZone: "Mars/Base" }] }, "windows.0"],
    ["a window of no day", { windows: [{ ...window, days: [] }] }, "windows.0"],
    ["a window of a minute", { windows: [{ ...window, to: 1 }] }, "windows.0"],
    ["a gate before everything", { gates: [{ after: -1, kind: "manual" }] }, "gates.0"],
  ])("refuses %s", (_name, change, path) => {
    expect(paths(change)).toEqual([path]);
    for (const { text } of validatePolicy({ ...base, ...change }))
      expect([text.en, text.zh].every((one) => one.length > 5)).toBe(true);
  });
  it("allows no soak only for one run on one node", () => {
    expect(validatePolicy(singlePolicy(), { isSingle: true })).toEqual([]);
    expect(validatePolicy(singlePolicy()).map(({ path }) => path)).toEqual(["soakMs"]);
  });
});
