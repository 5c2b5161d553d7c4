// Signals as they are drawn: gaps stay gaps, the one that decides stands first.
import { expect, test } from "vitest";
import type { Look, LookSignal } from "../../../../../server/rollouts/schema.ts";
import { nearness, seriesOf } from "./look-series.ts";

const arm = (value: number | null) => ({
  events: 1,
  exposure: 1,
  nodes: 1,
  value,
  low: value === null ? null : value / 2,
  high: value === null ? null : value * 2,
});
const signal = (id: string, eValue: number, value: number | null = 0.5): LookSignal => ({
  id,
  title: { en: id, zh: id },
  kind: "rate",
  canary: arm(value),
  control: arm(0.1),
  eValue,
  threshold: 1_000,
  effect: null,
});
const look = (wave: number, s: number, signals: LookSignal[]): Look => ({
  wave,
  at: new Date(s * 1_000),
  dataAt: null,
  verdict: "wait",
  reason: { en: "", zh: "" },
  signals,
});

test("the signal nearest to its alarm is first, whatever the order of the looks' lists", () => {
  const series = seriesOf([look(0, 1, [signal("calm", 0.5), signal("loud", 400)])], 0);
  expect(series.map(({ id }) => id)).toEqual(["loud", "calm"]);
  expect(nearness(signal("x", 1_000))).toBeCloseTo(1);
  expect(nearness(signal("x", 0))).toBe(0);
});

test("no data and missing looks are gaps, never a line", () => {
  const looks = [0, 10, 20, 30, 200].map((s) => look(1, s, [signal("a", 1, s === 20 ? null : 0.5)]));
  const [series] = seriesOf([look(0, 0, [signal("a", 1)]), ...looks], 1);
  expect(series?.points.map(({ at, canary }) => [at / 1_000, canary])).toEqual([
    [0, 0.5],
    [10, 0.5],
    [20, null],
    [30, 0.5],
    [30.001, null],
    [200, 0.5],
  ]);
  expect(series?.points[2]?.canaryBand).toBeNull();
  expect(series?.points[0]?.canaryBand).toEqual([0.25, 1]);
});

test("a wave that nobody looked at has nothing", () => {
  expect(seriesOf([look(0, 1, [signal("a", 1)])], 3)).toEqual([]);
});
