// The plan of a simulated fleet: the same in each run, spread over the interval, and as much churn as it says.
import { describe, expect, it } from "vitest";
import { beatAt, beatOrder, dueAt, dueBy, FAILED_PER_HOUR, lifeOf, wasAway } from "./plan.ts";

const settings = { seed: 7, nodes: 20_000, intervalMs: 10_000, durationMs: 600_000 };
const lives = (over: Partial<typeof settings> = {}) =>
  Array.from({ length: settings.nodes }, (_, i) => lifeOf(i, { ...settings, ...over }));

describe("lives", () => {
  it("are the same for the same seed and others for another", () => {
    expect(lifeOf(11, settings)).toEqual(lifeOf(11, settings));
    expect(lifeOf(11, settings)).not.toEqual(lifeOf(11, { ...settings, seed: 8 }));
    expect(lifeOf(11, settings)).not.toEqual(lifeOf(12, settings));
  });

  it("spread their heartbeats evenly over the interval", () => {
    const perSecond = new Array<number>(10).fill(0);
    for (const { phaseMs } of lives())
      perSecond[Math.floor(phaseMs / 1_000)] = (perSecond[Math.floor(phaseMs / 1_000)] ?? 0) + 1;
    for (const count of perSecond) expect(Math.abs(count - 2_000)).toBeLessThan(200); // some five standard deviations
  });

  it("fail as often as it says", () => {
    const hours = 100;
    const failed = lives({ durationMs: hours * 3_600_000 }).filter(({ failsAtMs }) => failsAtMs !== null).length;
    const expected = settings.nodes * (1 - Math.exp(-FAILED_PER_HOUR * hours));
    expect(Math.abs(failed - expected)).toBeLessThan(5 * Math.sqrt(expected));
  });

  it("reboot one in a hundred, one after another, within the measurement and none that fails", () => {
    const rebooting = lives().filter(({ rebootsAtMs }) => rebootsAtMs !== null);
    expect(rebooting.length).toBeGreaterThan(190);
    expect(rebooting.length).toBeLessThanOrEqual(200);
    const times = rebooting.map(({ rebootsAtMs }) => rebootsAtMs ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(settings.durationMs);
    expect(rebooting.every(({ failsAtMs }) => failsAtMs === null)).toBe(true);
  });

  it("have clocks of which few are wrong, none by more than two minutes", () => {
    const skews = lives().map(({ skewMs }) => Math.abs(skewMs));
    expect(Math.max(...skews)).toBeLessThanOrEqual(120_000);
    const wrong = skews.filter((skew) => skew > 500).length;
    expect(wrong).toBeGreaterThan(300);
    expect(wrong).toBeLessThan(500);
  });
});

describe("schedules", () => {
  const phases = [700, 100, 400];
  const order = beatOrder(phases);

  it("walk through all agents by phase, then again one interval later", () => {
    expect(order).toEqual([1, 2, 0]);
    expect(Array.from({ length: 6 }, (_, n) => beatAt(n, order, phases, 1_000))).toEqual([
      100, 400, 700, 1_100, 1_400, 1_700,
    ]);
  });

  it("count what is due, the last of it not later than now", () => {
    for (const elapsed of [0, 333, 334, 1_000, 12_345]) {
      const due = dueBy(3, elapsed);
      if (due > 0) expect(dueAt(due - 1, 3)).toBeLessThanOrEqual(elapsed);
      expect(dueAt(due, 3)).toBeGreaterThan(elapsed);
    }
  });
});

describe("a mark of not reporting", () => {
  const absences = [{ from: 100_000, to: 150_000 }];
  it.each([
    { name: "of a node that is there", at: 50_000, isRight: false },
    { name: "too early", at: 129_999, isRight: false },
    { name: "after the time", at: 130_000, isRight: true },
    { name: "just as it comes back", at: 151_000, isRight: true },
    { name: "when it has long been back", at: 153_000, isRight: false },
  ])("$name", ({ at, isRight }) => {
    expect(wasAway(absences, at, 30_000)).toBe(isRight);
  });
});
