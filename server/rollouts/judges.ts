// The two judges behind one door: what a policy of a rollout means to each, one look, what is kept of it. Pure; watch.ts reads the nodes.
import { initialWindowState, observeWindow, type WindowPolicy, type WindowState } from "../../judge/kayenta/window.ts";
import { windowVerdict } from "../../judge/kayenta/window-verdict.ts";
import { initialState, observe } from "../../judge/sequential/observe.ts";
import type { JudgeState, SequentialPolicy, Verdict, Window } from "../../judge/sequential/types.ts";
import { verdict } from "../../judge/sequential/verdict.ts";
import { nextWave } from "../../judge/sequential/wave.ts";
import type { Policy } from "../../rollout/types.ts";
import type { Streaks } from "./contrast.ts";
import { signals } from "./signals.ts";

/** A node that fell ill is left out of that signal for so long, ms: one fault that repeats is one fault. Editorial. */
const REFRACTORY_MS = 120_000;
/** Of Kayenta's judge: fewer points find little (judge/README.md); more of one signal are not kept, so that a soak longer than 400 looks is judged by those. */
const POINTS = { min: 20, max: 400 };
/** Its own limits of the score, as commonly set. */
const SCORE = { pass: 95, marginal: 75 };
/** Signals of which one that is worse fails the wave whatever the score. */
const CRITICAL: ReadonlySet<string> = new Set(["findings-critical", "not-reporting"]);

/** What is kept of a wave between looks; either judge's state. `at`: the last look, `isBefore`: ahead of the change. */
export type Kept = {
  wave: number;
  at: number;
  isBefore?: boolean;
  judge?: JudgeState;
  window?: WindowState;
  streaks?: Streaks;
  usual?: Record<string, number>;
};

/** What a look says of the wave beside its window. */
export type Look = { isSoakOver: boolean; minPathRan: number; isFew: boolean };

/** With few canaries only events are judged; the others are read all the same, for the waves to come. */
const judgedSignals = (isFew: boolean) => signals.filter(({ kind }) => kind === "event" || !isFew);

/** The sequential judge's policy, with every signal. With few canaries ten times as much evidence is asked for. */
export const sequentialPolicy = (policy: Policy, { isSoakOver, minPathRan, isFew }: Look): SequentialPolicy => ({
  alpha: isFew ? policy.judge.alpha / 10 : policy.judge.alpha,
  toleratedRatio: policy.judge.toleratedRatio,
  toleratedShift: policy.judge.toleratedRatio - 1,
  minExposureMs: policy.judge.minExposureMs,
  minPathRan,
  // The engine counts the soak (time in which somebody looked); the judge is told only whether it is over.
  timeLimitMs: isSoakOver ? 0 : Number.MAX_SAFE_INTEGER,
  atTimeLimit: policy.judge.atTimeLimit,
  staleMs: 3 * policy.judgeEveryMs,
  staleRatioMax: 0.2,
  refractoryMs: REFRACTORY_MS,
  signals: signals.map(({ id, kind, weight }) => ({ id, kind, weight })),
});

/** Kayenta's judge looks once, when the soak is over: at all signals of which both arms gave points enough. */
function windowPolicy(policy: Policy, look: Look, state: WindowState | null): WindowPolicy {
  const counts = new Map(Object.entries(state?.points ?? {}).map(([id, { canary }]) => [id, canary.length]));
  const watched = judgedSignals(look.isFew);
  const enough = watched.filter(({ id }) => (counts.get(id) ?? 0) >= POINTS.min);
  const told = state === null || enough.length === 0 ? watched : enough;
  const total = told.reduce((sum, { weight }) => sum + weight, 0);
  const least = Math.min(POINTS.max, ...told.map(({ id }) => counts.get(id) ?? POINTS.max));
  const { minExposureMs, minPathRan, timeLimitMs, staleMs, staleRatioMax } = sequentialPolicy(policy, look);
  return {
    ...{ minExposureMs, minPathRan, timeLimitMs, staleMs, staleRatioMax },
    points: state === null || !look.isSoakOver ? POINTS.max : Math.max(POINTS.min, least),
    signals: told.map(({ id, kind }) => ({
      id,
      kind,
      isCritical: CRITICAL.has(id),
      allowedIncrease: policy.judge.toleratedRatio,
    })),
    groupWeights: Object.fromEntries(told.map(({ id, weight }) => [id, (100 * weight) / total])),
    ...SCORE,
  };
}

export type Judged = { kept: Pick<Kept, "judge" | "window">; said: Verdict };

/** One look at a wave. @param kept of this wave or of the one before; null at the very first look */
export function judgeWindow(policy: Policy, kept: Kept | null, wave: number, window: Window, look: Look): Judged {
  const isSame = kept?.wave === wave;
  if (policy.judge.kind === "kayenta") {
    const all = windowPolicy(policy, look, null);
    const before = (isSame ? kept?.window : null) ?? initialWindowState(all);
    const state = observeWindow(before, window, all);
    const said = windowVerdict(state, windowPolicy(policy, look, look.isSoakOver ? state : null), window.at);
    return { kept: { window: state }, said };
  }
  const all = sequentialPolicy(policy, look);
  const told = new Set(judgedSignals(look.isFew).map(({ id }) => id));
  const sequential = { ...all, signals: all.signals.filter(({ id }) => told.has(id)) };
  const old = kept?.judge;
  const before = old ? (isSame ? old : nextWave(old, all)) : initialState(all);
  const judge = observe(before, window, sequential);
  return { kept: { judge }, said: verdict(judge, readable(sequential, judge), window.at) };
}

/** For the proof of harmlessness only signals count that both arms can show: a fleet without image pulls says nothing of pulls. Alarms watch all of them. */
const readable = (policy: SequentialPolicy, state: JudgeState): SequentialPolicy => ({
  ...policy,
  signals: policy.signals.filter(({ id }) => {
    const at = state.signals[id]?.nodeWindows;
    return at !== undefined && at.canary > 0 && at.control > 0;
  }),
});
