// One look: `observe(state, window, policy) → state`. Costs a pass over the nodes of the window; the state holds sums, not history.
import { addBefore, addToBlock, freshBets, freshBlock } from "./blocks.ts";
import { hasLevels, nextThreshold, withReading } from "./failing.ts";
import { addToRatios, freshRatios } from "./ratios.ts";
import { judgeSignals } from "./signals.ts";
import { addToSketch } from "./sketch.ts";
import { addTotals, freshTotals, logFactor } from "./stakes.ts";
import type {
  HardSignal,
  JudgeState,
  NodeReading,
  Rest,
  SequentialPolicy,
  SignalKind,
  SignalState,
  SignalWindow,
  Window,
} from "./types.ts";
import { restAfter, unitsOf, type WindowUnits } from "./units.ts";

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
    incidents: freshRest(),
    events: 0,
    maxLogE: 0,
    alarm: null,
    hard: null,
    shared: null,
  };
}

const isRanked = (kind: SignalKind) => kind === "gauge" || kind === "level";

const none = () => ({ canary: 0, control: 0 });
const freshRest = (): Rest => ({ until: {}, seen: {}, past: {} });

function freshSignal(kind: SignalKind): SignalState {
  return {
    kind,
    log: isRanked(kind) ? freshBets() : freshRatios(),
    units: none(),
    raw: none(),
    nodeWindows: none(),
    nodes: none(),
    hit: [],
    unclear: 0,
    rest: freshRest(),
    habits: {},
    later: {},
    before: { ...none(), due: 0 },
    isLevelled: null,
    threshold: null,
    usual: { exposure: 0, events: 0 },
    totals: kind === "event" ? freshTotals() : [],
    sketch: { canary: {}, control: {} },
    block: freshBlock(),
  };
}

/** Distinct canary units are listed up to this many; more prove nothing more. */
const HIT_MAX = 16;

type Observed = { state: SignalState; units: WindowUnits | null };

/** Both arms are there for the first time: what they will be compared by. */
function settled(state: SignalState, window: SignalWindow, phase: Window["phase"]): SignalState {
  const { canary, control } = window.arms;
  if (state.kind !== "latency" || state.isLevelled !== null || phase === "before") return state;
  return canary.length > 0 && control.length > 0 ? { ...state, isLevelled: hasLevels(window, state) } : state;
}

/** @param rest who rests in this signal: its own, or that of all events */
function observeSignal(
  old: SignalState,
  rest: Rest,
  window: SignalWindow,
  { at, phase }: Window,
  policy: SequentialPolicy,
): Observed {
  const state = settled(old, window, phase);
  const nodes = { canary: window.arms.canary.length, control: window.arms.control.length };
  if (isRanked(state.kind)) {
    if (phase === "before") return { state: { ...state, block: addBefore(state.block, window, at) }, units: null };
    const { block, log, isCounted } = addToBlock(state, window, at, policy.alpha);
    const nodeWindows = isCounted ? sum(state.nodeWindows, nodes) : state.nodeWindows;
    return { state: { ...state, block, log, nodes, nodeWindows }, units: null };
  }
  const units = unitsOf({ ...state, rest }, window, at, policy);
  const next = { ...state, usual: usualOf(state, window) };
  if (phase === "before") return { state: withBefore(next, window, units), units };
  const sketch = { canary: { ...state.sketch.canary }, control: { ...state.sketch.control } };
  if (state.kind === "latency")
    for (const arm of ["canary", "control"] as const)
      for (const { values } of window.arms[arm]) addToSketch(sketch[arm], values ?? []);
  const after = {
    ...next,
    log: units.bets.reduce((log, { canary, control, rho }) => addToRatios(log, canary, control, rho), state.log),
    units: sum(state.units, units),
    raw: sum(state.raw, units.raw),
    nodeWindows: sum(state.nodeWindows, units.atRisk),
    nodes: units.nodes,
    hit: [...new Set([...state.hit, ...units.hit])].slice(0, HIT_MAX),
    unclear: state.unclear + Number(units.isUnclear),
    threshold: nextThreshold(units.scores, next),
    later: state.kind === "event" ? state.later : withReadings(state.later, window.arms.control),
    totals: state.kind === "event" ? addTotals(state, units) : [],
    sketch,
  };
  return { state: after, units };
}

/** All signals of one look. Events share their rest and their stake, the others have their own. */
function observeSignals(state: JudgeState, window: Window, policy: SequentialPolicy) {
  const byId = new Map(window.signals.map((one) => [one.id, one]));
  const phase = window.phase ?? "after";
  const signals: Record<string, SignalState> = {};
  const incidents: WindowUnits[] = [];
  for (const [id, old] of Object.entries(state.signals)) {
    const seen = byId.get(id);
    signals[id] = old;
    if (!seen || seen.kind !== old.kind) continue;
    const isEvent = old.kind === "event";
    const { state: next, units } = observeSignal(old, isEvent ? state.incidents : old.rest, seen, window, policy);
    if (isEvent && units) incidents.push(units);
    signals[id] = isEvent || !units ? next : { ...next, rest: restAfter(old.rest, [units], phase) };
  }
  if (incidents.length === 0) return { signals, incidents: state.incidents, events: state.events };
  const staked = policy.signals.flatMap(({ id, kind, weight = 1 }) => {
    const [before, after] = [state.signals[id], signals[id]];
    return kind === "event" && before && after ? [{ weight, before, after }] : [];
  });
  const gain = phase === "before" ? 0 : logFactor(staked);
  return { signals, incidents: restAfter(state.incidents, incidents, phase), events: state.events + gain };
}

function withReadings(habits: SignalState["habits"], readings: readonly NodeReading[]): SignalState["habits"] {
  const next = { ...habits };
  for (const reading of readings) next[reading.node] = withReading(next[reading.node], reading);
  return next;
}

/** Before the change nothing is evidence; each node shows what it is like. */
function withBefore(state: SignalState, window: SignalWindow, units: WindowUnits): SignalState {
  const habits = withReadings(withReadings(state.habits, window.arms.canary), window.arms.control);
  const { canary, control, due } = state.before;
  const before = { canary: canary + units.canary, control: control + units.control, due: due + units.due };
  const next = { ...state, habits, before };
  return { ...next, threshold: state.kind === "latency" ? null : nextThreshold(units.scores, next) };
}

function usualOf({ usual }: SignalState, { arms }: SignalWindow): SignalState["usual"] {
  let { exposure, events } = usual;
  for (const reading of arms.control) {
    exposure += reading.exposure ?? 0;
    events += reading.events ?? 0;
  }
  return { exposure, events };
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
  const observed = observeSignals(state, window, policy);
  if (window.phase === "before") return { ...state, lastAt: window.at, ...observed };
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
    ...observed,
    hard: state.hard ?? hard,
    shared: hard ? null : shared,
  };
  const judged = judgeSignals(next, policy);
  const logE = judged.logE;
  const alarm = judged.isAlarm ? { at: window.at, logE, signals: judged.worse } : null;
  return { ...next, maxLogE: Math.max(state.maxLogE, logE), alarm: state.alarm ?? alarm };
}
