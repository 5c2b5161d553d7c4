// What counts as a failure of a node in one window: more than the controls' p95 of the window before, each node measured by its own past. Called by units.ts.
import type { Habit, NodeReading, SignalState, SignalWindow } from "./types.ts";

/** Share of the controls' readings that are worse than what counts as a failure. */
const QUANTILE = 0.95;
/** What is usual in the fleet weighs as much as so many windows of a node's own past. Editorial. */
const FLEET_WINDOWS = 30;
/** A node's own level of latency is known after so many readings. */
const LEVEL_WINDOWS = 3;

/** Nearest-rank quantile of unsorted numbers; null for none. */
export function quantile(values: readonly number[], p: number): number | null {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? null;
}

const isKnown = (habit: Habit | undefined): habit is Habit => (habit?.windows ?? 0) >= LEVEL_WINDOWS;

/** Whether most nodes of both arms have levels of their own to be compared with. Decided once: then nodes without one say nothing. */
export function hasLevels({ arms }: SignalWindow, { habits }: SignalState): boolean {
  const isMost = (readings: readonly NodeReading[]) =>
    2 * readings.filter(({ node }) => isKnown(habits[node])).length > readings.length;
  return isMost(arms.canary) && isMost(arms.control);
}

/**
 * How bad a reading is by this node's own measure; null: it says nothing. event, rate: √(events + 3/8) − √(expected + 3/8) (Anscombe: equal spread
 * whatever is expected), expected by the node's own rate before the change, shrunk to the controls'. latency: log of its middle duration over its own level.
 */
export function scoreOf(reading: NodeReading, state: SignalState): number | null {
  const habit = state.habits[reading.node];
  if (state.kind === "latency") {
    const middle = quantile(reading.values ?? [], 0.5);
    if (middle === null || middle <= 0) return null;
    if (!state.isLevelled) return Math.log(middle);
    return isKnown(habit) ? Math.log(middle) - habit.level : null;
  }
  const exposure = reading.exposure ?? 0;
  if (exposure <= 0) return null;
  const usual = state.usual.exposure > 0 ? state.usual.events / state.usual.exposure : 0;
  const fleet = FLEET_WINDOWS * exposure;
  const own = ((habit?.events ?? 0) + usual * fleet) / ((habit?.exposure ?? 0) + fleet);
  return Math.sqrt((reading.events ?? 0) + 0.375) - Math.sqrt(own * exposure + 0.375);
}

/** Rare events: every one is a failure, until controls show that it is usual. Nothing is slow before there is something to compare with. */
export function hasFailed(reading: NodeReading, score: number, { kind, threshold }: SignalState): boolean {
  if (kind === "latency") return threshold !== null && score > threshold;
  return (reading.events ?? 0) > 0 && score > Math.max(threshold ?? 0, 0);
}

/** What is a failure in the next window, by the controls' scores in this one. */
export const nextThreshold = (scores: readonly number[], { threshold }: SignalState): number | null =>
  quantile(scores, QUANTILE) ?? threshold;

/** A node's past with one more window before the change. */
export function withReading(old: Habit | undefined, reading: NodeReading): Habit {
  const habit = old ?? { windows: 0, exposure: 0, events: 0, level: 0 };
  const middle = quantile(reading.values ?? [], 0.5);
  const log = middle !== null && middle > 0 ? Math.log(middle) : null;
  if (log === null && (reading.exposure ?? 0) <= 0) return habit;
  const windows = habit.windows + 1;
  return {
    ...habit,
    windows,
    exposure: habit.exposure + (reading.exposure ?? 0),
    events: habit.events + (reading.events ?? 0),
    level: log === null ? habit.level : habit.level + (log - habit.level) / windows,
  };
}
