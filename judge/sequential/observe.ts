// One look: `observe(state, window, policy) → state`. Costs a pass over the nodes of the window; the state holds sums, not history.
import { addBefore, addToBlock, freshBets, freshBlock } from "./blocks.ts";
import { addToRatios, freshRatios } from "./ratios.ts";
import { judgeSignals } from "./signals.ts";
import { addToSketch } from "./sketch.ts";
import type {
  HardSignal,
  JudgeState,
  SequentialPolicy,
  SignalKind,
  SignalState,
  SignalWindow,
  Window,
} from "./types.ts";
import { slowThreshold, unitsOf } from "./units.ts";

/** State before the first look. */
export function initialState(policy: SequentialPolicy): JudgeState {
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
    signals: Object.fromEntries(policy.signals.map(({ id, kind }) => [id, freshSignal(kind)])),
    maxLogE: 0,
    alarm: null,
    hard: null,
    shared: null,
  };
}

const isRanked = (kind: SignalKind) => kind === "gauge" || kind === "level";

function freshSignal(kind: SignalKind): SignalState {
  const none = () => ({ canary: 0, control: 0 });
  return {
    kind,
    log: isRanked(kind) ? freshBets() : freshRatios(),
    units: none(),
    raw: none(),
    nodeWindows: none(),
    nodes: none(),
    hit: [],
    rest: {},
    seen: {},
    slowMs: null,
    sketch: { canary: {}, control: {} },
    block: freshBlock(),
  };
}

/** Distinct canary units are listed up to this many; more prove nothing more. */
const HIT_MAX = 16;

function observeSignal(
  state: SignalState,
  window: SignalWindow,
  { at, phase }: Window,
  policy: SequentialPolicy,
): SignalState {
  const nodes = { canary: window.arms.canary.length, control: window.arms.control.length };
  if (isRanked(state.kind)) {
    if (phase === "before") return { ...state, block: addBefore(state.block, window, at) };
    const { block, log, isCounted } = addToBlock(state, window, at, policy.alpha);
    const nodeWindows = isCounted ? sum(state.nodeWindows, nodes) : state.nodeWindows;
    return { ...state, block, log, nodes, nodeWindows };
  }
  const slowMs = state.kind === "latency" ? (slowThreshold(window) ?? state.slowMs) : null;
  if (phase === "before") return { ...state, slowMs };
  const units = unitsOf(state, window, at, policy);
  const sketch = { canary: { ...state.sketch.canary }, control: { ...state.sketch.control } };
  if (state.kind === "latency")
    for (const arm of ["canary", "control"] as const)
      for (const { values } of window.arms[arm]) addToSketch(sketch[arm], values ?? []);
  return {
    ...state,
    log: addToRatios(state.log, units.canary, units.control, units.rho),
    units: sum(state.units, units),
    raw: sum(state.raw, units.raw),
    nodeWindows: sum(state.nodeWindows, units.atRisk),
    nodes: units.nodes,
    hit: [...new Set([...state.hit, ...units.hit])].slice(0, HIT_MAX),
    rest: units.rest,
    seen: units.seen,
    slowMs,
    sketch,
  };
}

type Pair = { canary: number; control: number };
const sum = (a: Pair, b: Pair): Pair => ({ canary: a.canary + b.canary, control: a.control + b.control });

/** A hard signal of a canary that was well before; `shared` when a control of its domain shows the same in the same window. */
function hardOf(window: Window): { hard: HardSignal | null; shared: HardSignal | null } {
  const all = window.hard ?? [];
  const mine = all.filter(({ arm, wasWell }) => arm === "canary" && wasWell);
  const isShared = (one: HardSignal) =>
    all.some((other) => other.arm === "control" && other.id === one.id && other.domain === one.domain);
  return { hard: mine.find((one) => !isShared(one)) ?? null, shared: mine.find(isShared) ?? null };
}

/** The next state. A window that is not newer than the last one changes nothing, so that a repeated delivery does no harm. */
export function observe(state: JudgeState, window: Window, policy: SequentialPolicy): JudgeState {
  if (state.lastAt !== null && window.at <= state.lastAt) return state;
  const byId = new Map(window.signals.map((one) => [one.id, one]));
  const signals = Object.fromEntries(
    Object.entries(state.signals).map(([id, old]) => {
      const seen = byId.get(id);
      return [id, seen && seen.kind === old.kind ? observeSignal(old, seen, window, policy) : old];
    }),
  );
  if (window.phase === "before") return { ...state, lastAt: window.at, signals };
  const isArmBad = (arm: "canary" | "control") =>
    window.expected[arm] - window.stale[arm] <= 0 || window.stale[arm] > policy.staleRatioMax * window.expected[arm];
  const isBad = isArmBad("canary") || isArmBad("control");
  const { hard, shared } = hardOf(window);
  const next: JudgeState = {
    ...state,
    startedAt: state.startedAt ?? window.at - window.lengthMs,
    lastAt: window.at,
    looks: state.looks + 1,
    exposureMs: state.exposureMs + Math.max(0, window.expected.canary - window.stale.canary) * window.lengthMs,
    pathRan: Math.max(state.pathRan, window.pathRan),
    expected: window.expected,
    stale: window.stale,
    incompleteSince: isBad ? (state.incompleteSince ?? window.at) : null,
    signals,
    hard: state.hard ?? hard,
    shared: hard ? null : shared,
  };
  const judged = judgeSignals(next, policy);
  const logE = judged.logE;
  const alarm = judged.isAlarm ? { at: window.at, logE, signals: judged.worse } : null;
  return { ...next, maxLogE: Math.max(state.maxLogE, logE), alarm: state.alarm ?? alarm };
}
