// One look as pages show it: per signal and arm a value with its interval, beside the numbers that decided. Pure.
import type { SignalVerdict } from "../../judge/sequential/types.ts";
import type { Text } from "../../protocol/text.ts";
import type { Seen } from "./readings.ts";
import type { LookSignal } from "./schema.ts";
import { type NodeWindow, signals } from "./signals.ts";

type Arm = LookSignal["canary"];
type Value = Pick<Arm, "value" | "low" | "high" | "calls">;

const NOTHING: Value = { value: null, low: null, high: null };
const HOUR_MS = 3_600_000;
/** Two-sided 95 % of the normal distribution. The bands are for the eye; the verdict rests on the e-value, which may be looked at at any time. */
const Z = 1.96;

/** Events per node and hour, with the Wilson–Hilferty approximation of the exact Poisson limits. */
export function ratePerHour(events: number, watchedMs: number): Value {
  if (watchedMs <= 0) return NOTHING;
  const hours = watchedMs / HOUR_MS;
  const cube = (n: number, z: number) => (n <= 0 ? 0 : n * (1 - 1 / (9 * n) + z / (3 * Math.sqrt(n))) ** 3);
  return { value: events / hours, low: Math.max(0, cube(events, -Z)) / hours, high: cube(events + 1, Z) / hours };
}

/** A share with Wilson's interval. */
export function share(failed: number, total: number): Value {
  if (total <= 0) return NOTHING;
  const p = failed / total;
  const middle = p + (Z * Z) / (2 * total);
  const half = Z * Math.sqrt((p * (1 - p)) / total + (Z * Z) / (4 * total * total));
  const scale = 1 + (Z * Z) / total;
  return { value: p, low: Math.max(0, (middle - half) / scale), high: Math.min(1, (middle + half) / scale) };
}

/** Median, with the order statistics that hold it in 95 of 100 cases. */
export function median(values: readonly number[]): Value {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  if (n === 0) return NOTHING;
  const at = (i: number): number => sorted[Math.min(n - 1, Math.max(0, i))] ?? 0;
  const half = (Z * Math.sqrt(n)) / 2;
  return { value: at(Math.floor((n - 1) / 2)), low: at(Math.floor(n / 2 - half)), high: at(Math.ceil(n / 2 + half)) };
}

function readingAt(id: string, kind: string, windows: readonly NodeWindow[]): Value {
  switch (kind) {
    case "event": {
      const sum = (of: (window: NodeWindow) => number) => windows.reduce((all, window) => all + of(window), 0);
      return ratePerHour(
        sum(({ events }) => events[id] ?? 0),
        sum(({ exposureMs }) => exposureMs),
      );
    }
    case "rate": {
      const rates = windows.flatMap(({ rates }) => rates[id] ?? []);
      const sum = (of: "failed" | "total") => rates.reduce((all, rate) => all + rate[of], 0);
      return { ...share(sum("failed"), sum("total")), calls: sum("total") };
    }
    case "latency":
      return median(windows.flatMap(({ latencies }) => latencies[id] ?? []).map((ms) => ms / 1_000));
    default:
      return median(windows.flatMap(({ gauges }) => gauges[id] ?? []));
  }
}

const titleOf = (id: string): Text => signals.find((signal) => signal.id === id)?.title ?? { en: id, zh: id };

/** What is stored of one look. Values are of this look alone; events, exposure, e-value and effect of the wave so far. */
export function lookSignals(
  verdicts: readonly SignalVerdict[],
  seen: readonly Seen[],
  windows: ReadonlyMap<string, NodeWindow>,
): LookSignal[] {
  const of = (arm: "canary" | "control") =>
    seen.flatMap(({ node }) => (node.arm === arm ? (windows.get(node.id) ?? []) : []));
  const arms = { canary: of("canary"), control: of("control") };
  return verdicts.map((one) => ({
    id: one.id,
    title: titleOf(one.id),
    kind: one.kind === "level" ? "gauge" : one.kind,
    canary: { ...one.canary, ...readingAt(one.id, one.kind, arms.canary) },
    control: { ...one.control, ...readingAt(one.id, one.kind, arms.control) },
    eValue: one.eValue,
    threshold: one.threshold,
    effect:
      one.bound && one.effect !== null && one.bound.high !== null
        ? { value: one.effect, low: one.bound.low, high: one.bound.high }
        : null,
  }));
}
