// The wizard's "what would happen": times, gates, and how far a bad change would get.
import { expect, it } from "vitest";
import { defaultPolicy } from "./policy.ts";
import { preview } from "./preview.ts";
import type { Policy } from "./types.ts";

const base: Policy = {
  ...defaultPolicy({ risk: "safe", count: 24, lane: "normal", isReversible: false }),
  soakMs: 60_000,
  maxErrors: 2,
};
const plan = {
  waves: [1, 3, 20].map((size, i) => ({
    domain: `z${i}`,
    nodeIds: Array.from({ length: size }, (_, n) => `${i}-${n}`),
  })),
};
const options = { at: 0, perNodeMs: 10_000 };

it("adds up sending and soak", () => {
  const { waves, endsAt, unavailableMax, touchedWhenBad } = preview(plan, base, options);
  expect(waves.map(({ startsAt, endsAt }) => [startsAt, endsAt])).toEqual([
    [0, 70_000],
    [70_000, 160_000],
    [160_000, 320_000],
  ]);
  expect({ endsAt, unavailableMax, touchedWhenBad }).toEqual({
    endsAt: 320_000,
    unavailableMax: 2,
    touchedWhenBad: { first: 1, atWorst: 1 },
  });
});

it("counts the rehearsal, waits for windows, and knows nothing after a gate", () => {
  expect(preview(plan, { ...base, rehearse: true }, options).waves[0]?.endsAt).toBe(90_000);
  const night: Policy = { ...base, windows: [{ days: [0, 1, 2, 3, 4, 5, 6], from: 60, to: 120, timeZone: "UTC" }] };
  expect(preview(plan, night, options).waves[0]?.startsAt).toBe(3_600_000);
  const gated = preview(plan, { ...base, gates: [{ after: 0, kind: "manual" }] }, options);
  expect(gated.waves.map(({ startsAt, isGated }) => [startsAt, isGated])).toEqual([
    [0, true],
    [null, false],
    [null, false],
  ]);
  expect(gated.endsAt).toBeNull();
});

it("of nothing is nothing", () => {
  expect(preview({ waves: [] }, base, options)).toEqual({
    waves: [],
    endsAt: null,
    unavailableMax: 0,
    touchedWhenBad: { first: 0, atWorst: 0 },
  });
});
