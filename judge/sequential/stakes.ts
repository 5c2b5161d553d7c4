// One stake on all events together: what is staked on which signal and ratio follows what has proven right, and in which signal more fails than usual. Called by observe.ts.
import { HARMS, harmsOf, logMeanExp, WEIGHTS } from "./ratios.ts";
import type { SignalState } from "./types.ts";
import type { WindowUnits } from "./units.ts";

/** How far totals may move stakes, log: a busy hour must not take all from the signal that matters. Editorial. */
const TOTALS_MAX = 3;
/** What is usual, while nobody has seen controls: a failure in 500 node-windows. Weighs little. */
const USUAL = { failed: 0.1, atRisk: 50 };

/** Nothing is known of totals. */
export const freshTotals = (): number[] => HARMS.map(() => 0);

/**
 * Adds how many failed in a window, both arms together: under harm more do than the controls' past has it. Whose failures they are – the evidence – is not
 * looked at: given their number it is as likely as before under "no harm", so that stakes may follow the number.
 */
export function addTotals(state: SignalState, { canary, control, atRisk }: WindowUnits): number[] {
  const nodes = atRisk.canary + atRisk.control;
  if (nodes === 0) return state.totals;
  const usual = (state.units.control + USUAL.failed) / (state.nodeWindows.control + USUAL.atRisk);
  return state.totals.map((one, i) => {
    const more = (((HARMS[i] ?? 1) - 1) * atRisk.canary) / nodes;
    const next = one + (canary + control) * Math.log1p(more) - usual * nodes * more;
    return Math.max(-TOTALS_MAX, Math.min(TOTALS_MAX, next));
  });
}

const logWeight = (i: number): number => Math.log((WEIGHTS[i] ?? 0) * WEIGHTS.length);

export type Staked = { weight: number; before: SignalState; after: SignalState };

/**
 * log of Σ λ·f over signals and ratios: f the factor by which this look speaks for a ratio, λ the stakes, which sum to 1. Each f has mean ≤ 1 under "no
 * harm" whatever was seen before – a node that failed rests in all event signals –, so this has, and products over looks are an e-value.
 */
export function logFactor(signals: readonly Staked[]): number {
  if (signals.length === 0) return 0;
  const stakes: number[] = [];
  const wins: number[] = [];
  for (const { weight, before, after } of signals) {
    const attention = Math.log(weight) + logMeanExp(after.totals.map((one, i) => one + logWeight(i)));
    const old = harmsOf(before.log);
    const now = harmsOf(after.log);
    for (const i of WEIGHTS.keys()) {
      const stake = attention + logWeight(i) + (old[i] ?? 0);
      stakes.push(stake);
      wins.push(stake + (now[i] ?? 0) - (old[i] ?? 0));
    }
  }
  return logMeanExp(wins) - logMeanExp(stakes);
}
