// From one wave to the next: what was found is forgotten, what nodes are like is kept – a control of this wave is a canary of one to come.
import { initialState } from "./observe.ts";
import type { BlockState, Habit, JudgeState, Rest, SequentialPolicy, SignalState, Track } from "./types.ts";

const HOUR_MS = 3_600_000;

/** Failures of both times are the past now; nobody rests any more. */
function pastOf({ seen, past }: Rest): Rest {
  const sum = { ...past };
  for (const [node, n] of Object.entries(seen)) sum[node] = (sum[node] ?? 0) + n;
  return { until: {}, seen: {}, past: sum };
}

/** Levels and growth as they are now: what they were before, and how much more it has been since. */
function tracksOf({ tracks }: BlockState, kind: SignalState["kind"]): Record<string, Track> {
  const hasBefore = Object.values(tracks).some(({ level }) => level !== null);
  const now = (track: Track): Track => {
    const more = track.blocks > 0 ? track.sum / track.blocks : 0;
    const isKnown = track.blocks > 0 || track.level !== null;
    const level = kind === "level" && isKnown ? (hasBefore ? (track.level ?? 0) : 0) + more : track.level;
    const slope = kind === "gauge" && isKnown ? (track.slope ?? 0) + more / HOUR_MS : track.slope;
    return { ...track, n: 0, sum: 0, blocks: 0, level: kind === "gauge" && isKnown ? track.mean : level, slope };
  };
  return Object.fromEntries(Object.entries(tracks).map(([node, track]) => [node, now(track)]));
}

/** What nodes were like in the wave that passed goes before what they were like ahead of it. */
const habitsOf = ({ habits, later }: SignalState): Record<string, Habit> => ({ ...habits, ...later });

/** State ahead of the first look at the next wave. @param old the state of the wave that has passed */
export function nextWave(old: JudgeState, policy: SequentialPolicy): JudgeState {
  const fresh = initialState(policy);
  const signals = Object.fromEntries(
    Object.entries(fresh.signals).map(([id, signal]) => {
      const was = old.signals[id];
      if (!was || was.kind !== signal.kind) return [id, signal];
      const { kind, usual, rest, block } = was;
      const threshold = kind === "latency" ? null : was.threshold;
      const tracks = tracksOf(block, kind);
      const habits = habitsOf(was);
      return [id, { ...signal, usual, threshold, habits, rest: pastOf(rest), block: { ...signal.block, tracks } }];
    }),
  );
  return { ...fresh, signals, incidents: pastOf(old.incidents) };
}
