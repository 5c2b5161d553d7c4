// What every simulated agent is going to do, from a seed: when in the interval it beats, how wrong its clock is, whether it fails or reboots. Pure.
import { random } from "../judge-traces.ts";

/** Of the nodes that fail for good within an hour; `targets` of the bench, not an observation. */
export const FAILED_PER_HOUR = 0.001;
/** Share of all facts that change within a minute. */
export const FACTS_CHANGED_PER_MINUTE = 0.02;
/** Lines of the kernel log that a node sends, as durable frames. */
export const KERNEL_EVENTS_PER_HOUR = 6;
/** Share of the fleet that a rolling reboot takes during the measurement, one after another. */
export const REBOOTED = 0.01;
/** How long a rebooting node is away, ms: some shorter, some longer than the time after which it is called *not reporting*. */
const AWAY_MS = [15_000, 75_000] as const;
/** Most clocks are right within this, ms; one in fifty is wrong by up to SKEW_MAX_MS. */
const SKEW_USUAL_MS = 500;
const SKEW_MAX_MS = 120_000;

export type PlanSettings = { seed: number; nodes: number; intervalMs: number; durationMs: number };

export type Life = {
  /** Offset of its heartbeats within the interval, ms. */
  phaseMs: number;
  /** Its clock minus the right time, ms. */
  skewMs: number;
  /** When it falls silent for good, and when it reboots, ms after the measurement began; null: not in this run. */
  failsAtMs: number | null;
  rebootsAtMs: number | null;
  awayMs: number;
};

/** The same number for the same pair in each run. */
const seedOf = (seed: number, i: number): number =>
  (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(i + 7, 0x85ebca6b)) >>> 0;

/** Number `i` of the fleet. It depends on nothing but seed and number, so that any process can work it out. */
export function lifeOf(i: number, { seed, nodes, intervalMs, durationMs }: PlanSettings): Life {
  const next = random(seedOf(seed, i));
  const phaseMs = next() * intervalMs;
  const isOff = next() < 0.02;
  const skewMs = Math.round((next() * 2 - 1) * (isOff ? SKEW_MAX_MS : SKEW_USUAL_MS));
  const failsAt = (-Math.log(1 - next()) / FAILED_PER_HOUR) * 3_600_000;
  const failsAtMs = failsAt < durationMs ? failsAt : null;
  const awayMs = AWAY_MS[0] + next() * (AWAY_MS[1] - AWAY_MS[0]);
  const rebootsAtMs = failsAtMs === null ? rebootOf(i, nodes, durationMs) : null;
  return { phaseMs, skewMs, failsAtMs, rebootsAtMs, awayMs };
}

/** One node in a hundred, in order of its number, evenly over the first four fifths of the time. */
function rebootOf(i: number, nodes: number, durationMs: number): number | null {
  const every = Math.round(1 / REBOOTED);
  if (i % every !== every - 1) return null;
  return ((i + 1) / nodes) * durationMs * 0.8;
}

/** How many of something that comes evenly at `perSecond` are due `elapsedMs` after it began. */
export const dueBy = (perSecond: number, elapsedMs: number): number => Math.floor((perSecond * elapsedMs) / 1_000);

/** When number `n` (from 0) of them is due, ms after it began. */
export const dueAt = (n: number, perSecond: number): number => ((n + 1) * 1_000) / perSecond;

/** Whose turn it is in a cycle: numbers by rising phase, so that a process walks through its agents once an interval. */
export function beatOrder(phases: readonly number[]): number[] {
  return phases.map((_, i) => i).toSorted((a, b) => (phases[a] ?? 0) - (phases[b] ?? 0));
}

/** When beat number `n` (from 0) of a walk through `order` is meant to be sent, ms after the walk began. */
export function beatAt(n: number, order: readonly number[], phases: readonly number[], intervalMs: number): number {
  const own = phases[order[n % order.length] ?? 0] ?? 0;
  return Math.floor(n / order.length) * intervalMs + own;
}

/** Whether *not reporting*, said at `at`, was said of a node that had been away for long enough; times in epoch ms. */
export function wasAway(absences: readonly { from: number; to: number }[], at: number, afterMs: number): boolean {
  return absences.some(({ from, to }) => at >= from + afterMs && at <= to + TOLERANCE_MS);
}
/** A mark may be written this long after the node was heard again, ms: the transaction had begun. */
const TOLERANCE_MS = 2_000;
