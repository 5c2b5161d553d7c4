// Values that drift or step: the nodes' own changes over blocks of time, canaries ranked among controls, and a bet on the rank. Called by observe.ts.

import { quantile } from "./failing.ts";
import { isFarAbove } from "./spread.ts";
import type { ArmName, BlockState, NodeReading, SignalKind, SignalWindow, Track } from "./types.ts";

/** A block: long enough for several readings, short enough to find a leak within minutes. */
export const BLOCK_MS = 30_000;
/** Stakes on "canaries rank above the middle of the controls"; a mixture of them, fixed before the start. */
const STAKES = [0.2, 0.4, 0.8, 1.2, 1.6, 1.9];
/** Baselines need so many readings before the change. */
const BEFORE_MIN = 3;
/** The distance from the controls is looked at in every block: its level is so much stricter than the policy's. Simulated, see README. */
const LOOKS_SPARE = 10;

export const freshBets = (): number[] => STAKES.map(() => 0);
export const freshBlock = (): BlockState => ({
  startedAt: null,
  tracks: {},
  blocks: 0,
  shift: 0,
  level: 0,
  isApart: false,
});

function read(old: Track | undefined, { value = 0 }: NodeReading, arm: ArmName, at: number): Track {
  const last = { last: value, lastAt: at, arm };
  if (!old)
    return { first: value, firstAt: at, mean: value, n: 1, level: null, slope: null, sum: 0, blocks: 0, ...last };
  if (old.n === 0) return { ...old, first: old.last, firstAt: old.lastAt, mean: value, n: 1, ...last };
  return { ...old, mean: old.mean + (value - old.mean) / (old.n + 1), n: old.n + 1, ...last };
}

/** Readings before the change: each node's own level and growth. */
export function addBefore(block: BlockState, window: SignalWindow, at: number): BlockState {
  const tracks = { ...block.tracks };
  for (const arm of ["canary", "control"] as const)
    for (const reading of window.arms[arm]) {
      if (reading.value === undefined || !Number.isFinite(reading.value)) continue;
      const next = read(tracks[reading.node], reading, arm, at);
      const isKnown = next.n >= BEFORE_MIN && next.lastAt > next.firstAt;
      const slope = isKnown ? (next.last - next.first) / (next.lastAt - next.firstAt) : null;
      tracks[reading.node] = { ...next, level: isKnown ? next.mean : null, slope };
    }
  return { ...block, tracks };
}

/**
 * How much more a node has changed in this block than it used to: growth per hour, or height over its own level before – over nothing where no node was
 * looked at before (`hasBefore`): a baseline of after the change would hide a step, and its noise would look like one in all later blocks.
 * null: not to be told.
 */
function excess(kind: SignalKind, track: Track, hasBefore: boolean): number | null {
  if (track.n === 0) return null;
  if (kind === "level" && !hasBefore) return track.mean;
  if (kind === "level") return track.level === null ? null : track.mean - track.level;
  if (track.lastAt <= track.firstAt) return null;
  return ((track.last - track.first) / (track.lastAt - track.firstAt) - (track.slope ?? 0)) * 3_600_000;
}

/** Share of the controls that a canary's value exceeds; ties count half. Under "no harm" it is 1/2 in the mean, whatever the distribution. */
function rank(value: number, sorted: readonly number[]): number {
  const edge = (isAfter: (one: number) => boolean) => {
    let [from, to] = [0, sorted.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (isAfter(sorted[middle] ?? 0)) to = middle;
      else from = middle + 1;
    }
    return from;
  };
  return (edge((one) => one >= value) + edge((one) => one > value)) / 2 / sorted.length;
}

type Result = { block: BlockState; log: number[]; isCounted: boolean };

/** Adds a window; at the end of a block it bets. Nothing is bet with no controls or no canaries. */
export function addToBlock(
  state: { kind: SignalKind; block: BlockState; log: number[] },
  window: SignalWindow,
  at: number,
  alpha: number,
): Result {
  const tracks = { ...state.block.tracks };
  const present = new Set<string>();
  for (const arm of ["canary", "control"] as const)
    for (const reading of window.arms[arm]) {
      if (reading.value === undefined || !Number.isFinite(reading.value)) continue;
      const old = tracks[reading.node];
      // The first window after the change begins the first block: what was before it is the baseline.
      const begun = state.block.startedAt === null && old ? { ...old, n: 0 } : old;
      tracks[reading.node] = read(begun, reading, arm, at);
      present.add(reading.node);
    }
  const startedAt = state.block.startedAt ?? at;
  const block = { ...state.block, tracks, startedAt };
  if (at - startedAt < BLOCK_MS) return { block, log: state.log, isCounted: false };
  return closeBlock({ ...state, block }, { present, at, alpha });
}

function closeBlock(
  { kind, block, log }: { kind: SignalKind; block: BlockState; log: number[] },
  { present, at, alpha }: { present: Set<string>; at: number; alpha: number },
): Result {
  const tracks: Record<string, Track> = {};
  const found: Record<ArmName, number[]> = { canary: [], control: [] };
  const means: Record<ArmName, number[]> = { canary: [], control: [] };
  const levels: number[] = [];
  const hasBefore = Object.values(block.tracks).some(({ level }) => level !== null);
  for (const [node, track] of Object.entries(block.tracks)) {
    const more = present.has(node) ? excess(kind, track, hasBefore) : null;
    const [sum, counted] = [track.sum + (more ?? 0), track.blocks + Number(more !== null)];
    tracks[node] = { ...track, n: 0, sum, blocks: counted };
    if (more === null) continue;
    found[track.arm].push(more);
    means[track.arm].push(sum / counted);
    if (track.arm === "control") levels.push(track.mean);
  }
  const next = { ...block, tracks, startedAt: at };
  if (found.canary.length === 0 || found.control.length === 0) return { block: next, log, isCounted: false };
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const controls = [...found.control].sort((a, b) => a - b);
  const x = mean(found.canary.map((value) => rank(value, controls)));
  const blocks = block.blocks + 1;
  const running = (old: number, value: number) => old + (value - old) / blocks;
  const middle = quantile(means.canary, 0.5) ?? 0;
  return {
    block: {
      ...next,
      blocks,
      shift: running(block.shift, mean(found.canary) - mean(found.control)),
      level: running(block.level, mean(levels)),
      isApart: isFarAbove(middle, means.control, alpha / LOOKS_SPARE),
    },
    log: log.map((one, i) => one + Math.log(1 + (STAKES[i] ?? 0) * (x - 0.5))),
    isCounted: true,
  };
}
