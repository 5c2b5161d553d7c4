// Counters of waves: how many nodes stand where. What keeps a step independent of the size of the fleet; used by every phase.
import { isMove } from "./node.ts";
import type { Counts, Moved, Policy, State, WaveState } from "./types.ts";

/** Largest share of a wave that may fail or be under way at once, whatever maxErrors allows. Editorial: one in ten is no accident. */
export const ERROR_RATIO = 0.1;

/** Failed nodes and nodes under way that a wave may have together; at least 1. */
export const errorBound = (policy: Policy, size: number): number =>
  Math.max(1, Math.min(policy.maxErrors, Math.ceil(size * ERROR_RATIO)));

/** Failed nodes that count: those that a person went on in spite of do not. */
export const errorsOf = (wave: WaveState): number => wave.counts.failed - wave.accepted;

/** Nothing of the wave waits or is under way. */
export const isSettled = ({ counts }: WaveState): boolean => counts.pending + counts.applying + counts.reverting === 0;

/** Whether any node of the wave was touched and is not back as it was. */
export const isTouched = ({ counts }: WaveState): boolean =>
  counts.applying + counts.applied + counts.failed + counts.reverting + counts.revertFailed > 0;

/** Whether any node of the wave carries the change now, or was to: there is something for the judge to look at. */
export const hasChanged = ({ counts }: WaveState): boolean => counts.applied + counts.failed > 0;

export const noCounts = (): Counts => ({
  pending: 0,
  applying: 0,
  applied: 0,
  failed: 0,
  skipped: 0,
  reverting: 0,
  reverted: 0,
  revertFailed: 0,
});

/** Nodes by state over all waves. */
export function totals(state: State): Counts {
  const sum = noCounts();
  for (const { counts } of state.waves) for (const key of Object.keys(sum) as (keyof Counts)[]) sum[key] += counts[key];
  return sum;
}

/** A copy of the state with one wave changed; all other waves are shared. */
export const withWave = (state: State, index: number, change: Partial<WaveState>): State => ({
  ...state,
  waves: state.waves.map((wave, i) => (i === index ? { ...wave, ...change } : wave)),
});

/** Takes moves in. A move that no node can make, of a wave that is not there, or of more nodes than stand there changes no more than there is. */
export function withMoves(state: State, moves: readonly Moved[], at: number): State {
  const waves = state.waves.slice();
  for (const { wave: index, from, to, n } of moves) {
    const wave = waves[index];
    if (!wave || !isMove(from, to) || !Number.isInteger(n)) continue;
    const moved = Math.min(n, wave.counts[from]);
    if (moved <= 0) continue;
    const counts = { ...wave.counts, [from]: wave.counts[from] - moved, [to]: wave.counts[to] + moved };
    waves[index] = {
      ...wave,
      counts,
      accepted: Math.min(wave.accepted, counts.failed),
      startedAt: wave.startedAt ?? (to === "applying" ? at : null),
    };
  }
  return { ...state, waves };
}
