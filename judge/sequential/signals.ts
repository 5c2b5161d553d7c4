// From a state to figures: each signal's e-value and bound, their average ("something is worse"), and which they are (e-BH). Called by observe.ts and verdict.ts.
import { boundOfRatios, logEOfRatios, logMeanExp } from "./ratios.ts";
import type { JudgeState, SequentialPolicy, SignalPolicy, SignalState, SignalVerdict } from "./types.ts";
import { FEW_NODES } from "./units.ts";

const LOG_MAX = 700;
const isRanked = ({ kind }: SignalState) => kind === "gauge" || kind === "level";
/** So many distinct canary units must have failed; fewer only where there are no more nodes. */
const unitsNeeded = (nodes: number) => (nodes <= FEW_NODES ? 1 : nodes < 10 ? 2 : 3);

function effectOf(state: SignalState): number | null {
  if (isRanked(state)) {
    const level = Math.abs(state.block.level);
    return state.block.blocks === 0 || level === 0 ? null : state.block.shift / level;
  }
  const { units, nodeWindows } = state;
  const control = units.control / nodeWindows.control;
  return units.control > 0 && nodeWindows.canary > 0 ? units.canary / nodeWindows.canary / control : null;
}

/** What the evidence is worth: gauge and level only count while the canaries stand apart by more than what is tolerated. */
function logEOf(state: SignalState, policy: SequentialPolicy): number {
  if (!isRanked(state)) return state.hit.length >= unitsNeeded(state.nodes.canary) ? logEOfRatios(state.log) : 0;
  const effect = effectOf(state);
  const isMaterial = state.block.isApart && (effect === null ? state.block.shift > 0 : effect > policy.toleratedShift);
  return isMaterial ? logMeanExp(state.log) : Math.min(0, logMeanExp(state.log));
}

export type Judged = { signals: SignalVerdict[]; logE: number; isAlarm: boolean; worse: string[] };

type Row = { one: SignalPolicy; signal: SignalState; logE: number };

/** Average of the e-values by weight; all events are one of them, with the weight of all. */
function together(rows: readonly Row[], { events }: JudgeState): number {
  const weightOf = ({ one }: Row) => one.weight ?? 1;
  const isEvent = ({ signal }: Row) => signal.kind === "event";
  const sum = (some: readonly Row[]) => some.reduce((total, row) => total + weightOf(row), 0);
  const ofEvents = rows.filter(isEvent);
  const hit = new Set(ofEvents.flatMap(({ signal }) => signal.hit));
  const canaries = Math.max(0, ...ofEvents.map(({ signal }) => signal.nodes.canary));
  const others = rows.filter((row) => !isEvent(row)).map((row) => ({ weight: weightOf(row), logE: row.logE }));
  const all = [
    { weight: sum(ofEvents), logE: hit.size >= unitsNeeded(canaries) ? events : Math.min(0, events) },
    ...others,
  ];
  const total = sum(rows);
  const logs = all.flatMap(({ weight, logE }) => (weight > 0 ? [logE + Math.log((weight / total) * all.length)] : []));
  return logMeanExp(logs) + Math.log(logs.length / all.length);
}

/** All signals of the policy; average of e-values by weight, e-BH at the policy's alpha. */
export function judgeSignals(state: JudgeState, policy: SequentialPolicy): Judged {
  const threshold = 1 / policy.alpha;
  const rows = policy.signals.flatMap((one) => {
    const signal = state.signals[one.id];
    return signal ? [{ one, signal, logE: logEOf(signal, policy) }] : [];
  });
  const logE = rows.length === 0 ? 0 : together(rows, state);
  const ranked = [...rows].sort((a, b) => b.logE - a.logE);
  const found = ranked.findLastIndex((row, i) => row.logE >= Math.log((threshold * rows.length) / (i + 1)));
  const byEvidence = ranked.slice(0, found + 1).map(({ one }) => one.id);
  const isAlarm = rows.length > 0 && logE >= Math.log(threshold);
  const worse = byEvidence.length > 0 ? byEvidence : isAlarm ? ranked.slice(0, 1).map(({ one }) => one.id) : [];
  const signals = rows.map(({ one, signal, logE }) =>
    figures(one, signal, { logE, policy, isWorse: worse.includes(one.id) }),
  );
  return { signals, logE, isAlarm, worse };
}

type Extra = { logE: number; policy: SequentialPolicy; isWorse: boolean };

function figures({ id, kind }: SignalPolicy, state: SignalState, { logE, policy, isWorse }: Extra): SignalVerdict {
  const arm = (name: "canary" | "control") => ({
    events: state.units[name],
    exposure: state.nodeWindows[name],
    nodes: state.nodes[name],
  });
  return {
    id,
    kind,
    canary: arm("canary"),
    control: arm("control"),
    logE,
    eValue: Math.exp(Math.min(logE, LOG_MAX)),
    bound: isRanked(state) ? null : boundOfRatios(state.log, policy.alpha),
    effect: effectOf(state),
    tolerated: isRanked(state) ? policy.toleratedShift : policy.toleratedRatio,
    threshold: 1 / policy.alpha,
    isWorse,
  };
}
