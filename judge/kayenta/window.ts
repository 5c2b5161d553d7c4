// The alternative to the sequential judge: a fixed number of points a signal, then one look. Here the points are gathered; window-verdict.ts judges them.
import type {
  ArmName,
  HardSignal,
  NodeReading,
  SequentialPolicy,
  SignalKind,
  SignalWindow,
  Window,
} from "../sequential/types.ts";
import type { EffectMeasure } from "./effect-size.ts";
import { mean, percentile } from "./numbers.ts";

/** How one signal is classified and what it weighs. */
export type WindowSignal = {
  id: string;
  kind: SignalKind;
  /** Groups it counts in; its own, when none are named. */
  groups?: readonly string[];
  /** Worse on this signal fails the wave whatever the score. */
  isCritical?: boolean;
  measure?: EffectMeasure;
  /** Effect size from which on it is worse: ratio of means (1), or share of pairs (0.5). */
  allowedIncrease?: number;
};

/** Fixed before the start, as the verdict is taken once. */
export type WindowPolicy = Pick<
  SequentialPolicy,
  "minExposureMs" | "minPathRan" | "timeLimitMs" | "staleMs" | "staleRatioMax"
> & {
  /** Points of each arm and signal, one a window. Below 20 little is found; see README. */
  points: number;
  signals: readonly WindowSignal[];
  /** Percent per group; the others share what is missing to 100. */
  groupWeights?: Readonly<Record<string, number>>;
  /** Score from which on it passes, and from which on a person decides; below it fails. */
  pass: number;
  marginal: number;
};

type Pair<T> = Record<ArmName, T>;

/** Plain JSON. Bounded: never more than `points` points a signal. */
export type WindowState = {
  version: 1;
  startedAt: number | null;
  lastAt: number | null;
  looks: number;
  exposureMs: number;
  pathRan: number;
  expected: Pair<number>;
  stale: Pair<number>;
  incompleteSince: number | null;
  hard: HardSignal | null;
  shared: HardSignal | null;
  points: Record<string, Pair<number[]>>;
  /** Nodes of the last window that gave a point. */
  nodes: Record<string, Pair<number>>;
};

/** State before the first window. */
export function initialWindowState(policy: WindowPolicy): WindowState {
  return {
    version: 1,
    startedAt: null,
    lastAt: null,
    looks: 0,
    exposureMs: 0,
    pathRan: 0,
    expected: { canary: 0, control: 0 },
    stale: { canary: 0, control: 0 },
    incompleteSince: null,
    hard: null,
    shared: null,
    points: Object.fromEntries(policy.signals.map(({ id }) => [id, { canary: [], control: [] }])),
    nodes: Object.fromEntries(policy.signals.map(({ id }) => [id, { canary: 0, control: 0 }])),
  };
}

/** Percentile of a latency that makes the point: slow calls are what people feel. */
const LATENCY_PERCENTILE = 95;

/**
 * One arm in one window as one number, over all its nodes: events per second, share of failed calls, p95 of durations, mean reading. Null without data.
 *
 * A node is not a point: nodes of one window are not independent, and a point per node would make chance look sure.
 */
export function pointOf(kind: SignalKind, readings: readonly NodeReading[]): number | null {
  if (kind === "event" || kind === "rate") {
    const exposure = readings.reduce((sum, reading) => sum + (reading.exposure ?? 0), 0);
    const events = readings.reduce((sum, reading) => sum + (reading.events ?? 0), 0);
    return exposure > 0 ? events / exposure : null;
  }
  const values = readings.flatMap((reading) =>
    kind === "latency" ? (reading.values ?? []) : reading.value === undefined ? [] : [reading.value],
  );
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return null;
  return kind === "latency" ? percentile(known, LATENCY_PERCENTILE) : mean(known);
}

/** The next state. A window that is not newer than the last changes nothing; nor does one from before the change, or one after a signal is full. */
export function observeWindow(state: WindowState, window: Window, policy: WindowPolicy): WindowState {
  if (window.phase === "before" || (state.lastAt !== null && window.at <= state.lastAt)) return state;
  const { expected, stale } = window;
  const isArmBad = (arm: ArmName) =>
    expected[arm] - stale[arm] <= 0 || stale[arm] > policy.staleRatioMax * expected[arm];
  const isBad = isArmBad("canary") || isArmBad("control");
  const { hard, shared } = hardOf(window);
  const gathered = isBad ? state : withPoints(state, window, policy);
  return {
    ...gathered,
    startedAt: state.startedAt ?? window.at - window.lengthMs,
    lastAt: window.at,
    looks: state.looks + 1,
    exposureMs: state.exposureMs + Math.max(0, expected.canary - stale.canary) * window.lengthMs,
    pathRan: Math.max(state.pathRan, window.pathRan),
    expected,
    stale,
    incompleteSince: isBad ? (state.incompleteSince ?? window.at) : null,
    hard: state.hard ?? hard,
    shared: hard ? null : shared,
  };
}

function withPoints(state: WindowState, window: Window, policy: WindowPolicy): WindowState {
  const byId = new Map(window.signals.map((one) => [one.id, one]));
  const points = { ...state.points };
  const nodes = { ...state.nodes };
  for (const { id, kind } of policy.signals) {
    const before = points[id] ?? { canary: [], control: [] };
    const added = bothPoints(kind, byId.get(id));
    if (!added || before.canary.length >= policy.points) continue;
    points[id] = {
      canary: [...before.canary, added.canary],
      control: [...before.control, added.control],
    };
    nodes[id] = added.nodes;
  }
  return { ...state, points, nodes };
}

/** Null unless both arms have data of the kind: a point of one arm alone would compare different times. */
function bothPoints(kind: SignalKind, signal: SignalWindow | undefined) {
  if (!signal || signal.kind !== kind) return null;
  const canary = pointOf(kind, signal.arms.canary);
  const control = pointOf(kind, signal.arms.control);
  const nodes = { canary: signal.arms.canary.length, control: signal.arms.control.length };
  return canary === null || control === null ? null : { canary, control, nodes };
}

/** A hard signal of a canary that was well before; `shared` when a control of its domain shows the same in the same window. */
function hardOf(window: Window): { hard: HardSignal | null; shared: HardSignal | null } {
  const all = window.hard ?? [];
  const mine = all.filter(({ arm, wasWell }) => arm === "canary" && wasWell);
  const isShared = ({ id, domain }: HardSignal) =>
    all.some((other) => other.arm === "control" && other.id === id && other.domain === domain);
  return { hard: mine.find((one) => !isShared(one)) ?? null, shared: mine.find(isShared) ?? null };
}
