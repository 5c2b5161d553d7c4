// What the judge says, and what is done when it says nothing: pass is the only word that lets a wave pass, silence and old data never do.
import { hasChanged, withWave } from "../counts.ts";
import type { Effect, Event, Policy, State, Stepped, Verdict, Words } from "../types.ts";
import { words } from "../words.ts";
import { isJudged, passWave, present } from "./running.ts";
import { halt, pause } from "./stop.ts";

type Judged = Extract<Event, { type: "judged" }>;

/** Facts older than so many of the judge's periods are no facts any more. Editorial. */
export const STALE_PERIODS = 3;

const WATCHED = new Set<State["stage"]>(["dispatch", "rehearse", "soak"]);

/** Soak that was watched since the last event counts; of a gap in which nobody looked, or of a clock that jumps, no more than two periods of the judge. */
export function countSoak(state: State, at: number, policy: Policy): State {
  if (state.stage !== "soak" || state.heardAt === null) return state;
  const gap = Math.max(0, Math.min(at - state.heardAt, 2 * policy.judgeEveryMs));
  if (gap === 0) return state;
  return withWave(state, state.wave, { soakedMs: present(state).soakedMs + gap });
}

/** Time in which the engine itself slept, and a clock that went back, are not held against the judge, whichever event ends them. */
export function forgiveSleep(state: State, at: number, policy: Policy): State {
  const { heardAt, judgeDueSince } = state;
  if (judgeDueSince === null) return state;
  const hasSlept = heardAt !== null && Math.abs(at - heardAt) > policy.judgeSilentMs;
  return hasSlept || judgeDueSince > at ? { ...state, judgeDueSince: at } : state;
}

/** Asks the judge when it is time, and pauses when it owes an answer for too long. */
export function askJudge(state: State, at: number, policy: Policy): Stepped {
  if (!isJudged(state, policy) || !WATCHED.has(state.stage) || !hasChanged(present(state)))
    return { state: state.judgeDueSince === null ? state : { ...state, judgeDueSince: null }, effects: [] };
  const dueSince = state.judgeDueSince;
  if (dueSince !== null && at - dueSince >= policy.judgeSilentMs) return pause(state, silent(at - dueSince));
  const { judgeAskedAt } = state;
  const isTime = judgeAskedAt === null || judgeAskedAt > at || at - judgeAskedAt >= policy.judgeEveryMs;
  if (!isTime) return { state: { ...state, judgeDueSince: dueSince }, effects: [] };
  const effects: Effect[] = [{ type: "judge", wave: state.wave }];
  return { state: { ...state, judgeAskedAt: at, judgeDueSince: dueSince ?? at }, effects };
}

const silent = (ms: number): Words =>
  words(
    `The judge has said nothing for ${Math.round(ms / 1_000)} s; silence is no pass.`,
    `评判器已 ${Math.round(ms / 1_000)} 秒没有结论；没有结论不等于通过。`,
  );

/** Old facts, and facts from a time to come, prove nothing. */
const isFresh = ({ at, dataAt }: Judged, policy: Policy): boolean =>
  Math.abs(at - dataAt) <= STALE_PERIODS * policy.judgeEveryMs;

/** Takes a verdict in while it runs. */
export function judged(state: State, event: Judged, policy: Policy): Stepped {
  const { at } = event;
  if (event.verdict === "fail") return failed(state, event, policy);
  if (event.wave !== state.wave || !WATCHED.has(state.stage)) return { state, effects: [] };
  const heard: State = { ...state, lastJudgedAt: at, judgeDueSince: null };
  const note = (kind: Verdict["kind"], why: Words): State =>
    withWave(heard, state.wave, { verdict: { kind, at, why } });
  if (!isFresh(event, policy)) return pause(note("inconclusive", STALE), STALE);
  if (event.verdict === "inconclusive") return pause(note("inconclusive", event.why), event.why);
  const { soakedMs } = present(state);
  if (event.verdict === "wait") {
    const isOverdue = state.stage === "soak" && soakedMs >= 2 * policy.soakMs + policy.judgeSilentMs;
    return isOverdue ? pause(note("inconclusive", event.why), event.why) : { state: heard, effects: [] };
  }
  const good = note("pass", event.why);
  const isDone = state.stage === "soak" && soakedMs >= policy.soakMs;
  return isDone ? passWave(good, at, policy) : { state: good, effects: [] };
}

/** A fail halts, whichever wave it is about and however old its facts are. */
export function failed(state: State, event: Judged, policy: Policy): Stepped {
  const { at, why } = event;
  const index = state.waves[event.wave] ? event.wave : state.wave;
  const noted = withWave({ ...state, lastJudgedAt: at, judgeDueSince: null }, index, {
    verdict: { kind: "fail", at, why },
  });
  return halt(noted, at, policy, why);
}

const STALE = words("The judge's facts are too old to say anything.", "评判所依据的数据过旧，无法得出结论。");
