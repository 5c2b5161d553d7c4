// Phases "running" and "paused", "halted", "rolling-back": what each event does while nodes may be changed.
import { errorBound, errorsOf, hasChanged, isSettled, isTouched, withMoves, withWave } from "../counts.ts";
import type { Event, Policy, State, Stepped, Words } from "../types.ts";
import { words } from "../words.ts";
import { askJudge, countSoak, failed, forgiveSleep, judged } from "./judging.ts";
import { goBack } from "./rolling-back.ts";
import { advance, nextWave, openGates, passWave, present } from "./running.ts";
import { abort, halt, pause } from "./stop.ts";

const stay = (state: State): Stepped => ({ state, effects: [] });
const refuse = (state: State, why: Words): Stepped => ({ state: { ...state, why }, effects: [] });

/** One event while it runs. */
export function whileRunning(before: State, event: Event, policy: Policy): Stepped {
  const { at } = event;
  const state = countSoak(forgiveSleep(before, at, policy), at, policy);
  switch (event.type) {
    case "tick":
      return onTick(state, at, policy);
    case "moved":
      return onMoved(state, event, policy);
    case "refused":
      return advance({ ...state, why: event.sum }, at, policy, true);
    case "judged":
      return judged(state, event, policy);
    case "hard-signal":
      return onHardSignal(state, event, policy);
    case "gate":
      return onGate(state, event, policy);
    case "pause":
    case "freeze":
      return pause(state, event.why);
    case "promote":
      return promote(state, event, policy);
    case "abort":
      return abort(state, at, event.why);
    case "roll-back":
      return rollBack(state, event, policy);
    case "planned":
    case "approved":
    case "start":
    case "resume":
    case "retry":
      return stay(state);
  }
}

/** One event while it stands. Nodes that are under way come to their end; what they tell still counts. */
export function whileStanding(state: State, event: Event, policy: Policy): Stepped {
  const { at } = event;
  switch (event.type) {
    case "moved":
      return onMovedStanding(state, event, policy);
    case "judged":
      return canHalt(state) && event.verdict === "fail" ? failed(state, event, policy) : stay(state);
    case "hard-signal":
      return canHalt(state) ? onHardSignal(state, event, policy) : stay(state);
    case "resume":
      return resume(state, event, policy);
    case "retry":
      if (event.by === "" || state.resumesTo === "rolling-back") return stay(state);
      return present(state).counts.failed > 0 ? { state, effects: [{ type: "retry", wave: state.wave }] } : stay(state);
    case "promote":
      return canHalt(state) ? promote(state, event, policy) : stay(state);
    case "abort":
      return abort(state, at, event.why);
    case "roll-back":
      return rollBack(state, event, policy);
    case "tick":
    case "refused":
    case "gate":
    case "pause":
    case "freeze":
    case "planned":
    case "approved":
    case "start":
      return stay(state);
  }
}

/** One event on the way back. */
export function whileRollingBack(state: State, event: Event, policy: Policy): Stepped {
  const { at } = event;
  switch (event.type) {
    case "tick":
      return goBack(state, at, policy);
    case "moved":
      return goBack(withMoves(state, event.moves, at), at, policy);
    case "pause":
    case "freeze":
      return pause(state, event.why);
    case "abort":
      return abort(state, at, event.why);
    case "refused":
    case "judged":
    case "hard-signal":
    case "gate":
    case "resume":
    case "retry":
    case "promote":
    case "roll-back":
    case "planned":
    case "approved":
    case "start":
      return stay(state);
  }
}

/** A pause on the way forth; on the way back there is nothing left to halt. */
const canHalt = (state: State): boolean => state.phase === "paused" && state.resumesTo === "running";

function onTick(state: State, at: number, policy: Policy): Stepped {
  const asked = askJudge(state, at, policy);
  if (asked.state.phase !== "running") return asked;
  const gone = advance(asked.state, at, policy);
  return { state: gone.state, effects: [...asked.effects, ...gone.effects] };
}

function onMoved(state: State, { at, moves }: Extract<Event, { type: "moved" }>, policy: Policy): Stepped {
  const moved = withMoves(state, moves, at);
  const isSending = moves.some(({ to }) => to === "applying");
  const isGoingBack = moves.some(({ to }) => to === "reverting") && moved.stage === "rehearse";
  const known: State = {
    ...moved,
    why: isSending ? null : moved.why,
    rehearsal: isGoingBack ? "reverting" : moved.rehearsal,
    judgeDueSince: hasChanged(present(moved)) ? moved.judgeDueSince : null,
  };
  return advance(known, at, policy, moves.length === 0);
}

function onMovedStanding(state: State, { at, moves }: Extract<Event, { type: "moved" }>, policy: Policy): Stepped {
  const moved = withMoves(state, moves, at);
  if (!canHalt(moved)) return stay(moved);
  const wave = present(moved);
  const isBad = errorsOf(wave) >= errorBound(policy, wave.size) || wave.counts.revertFailed > 0;
  return isBad ? halt(moved, at, policy, moved.why ?? words("The change failed.", "变更失败。")) : stay(moved);
}

/** Only nodes that were changed can tell something about the change. */
function onHardSignal(state: State, event: Extract<Event, { type: "hard-signal" }>, policy: Policy): Stepped {
  const wave = state.waves[event.wave];
  return wave && isTouched(wave) ? halt(state, event.at, policy, event.why) : stay(state);
}

function onGate(state: State, event: Extract<Event, { type: "gate" }>, policy: Policy): Stepped {
  if (state.stage !== "gate" || state.gate?.after !== event.after) return stay(state);
  if (event.nth !== undefined && event.nth !== state.gatesOpen) return stay(state);
  if (!event.isOpen) return pause({ ...state, gate: null }, event.why);
  return openGates({ ...state, gate: null, gatesOpen: state.gatesOpen + 1 }, event.at, policy);
}

/** Ends a soak early: one person where the canaries have stood long enough together, two in any case. */
function promote(state: State, event: Extract<Event, { type: "promote" }>, policy: Policy): Stepped {
  const wave = present(state);
  if (event.wave !== undefined && event.wave !== state.wave) return stay(state);
  if (state.stage !== "soak" || !isSettled(wave) || wave.counts.applied === 0) return stay(state);
  const exposureMs = wave.counts.applied * wave.soakedMs;
  if (event.persons < 2 && exposureMs < policy.judge.minExposureMs)
    return refuse(
      state,
      words(
        `The canaries have stood for ${Math.floor(exposureMs / 1_000)} s together, ${Math.ceil(policy.judge.minExposureMs / 1_000)} s are the least: it takes a second person to go on now.`,
        `金丝雀节点累计观察 ${Math.floor(exposureMs / 1_000)} 秒，最低要求 ${Math.ceil(policy.judge.minExposureMs / 1_000)} 秒：现在继续需要第二个人确认。`,
      ),
    );
  return passWave({ ...state, phase: "running", resumesTo: null }, event.at, policy);
}

function rollBack(state: State, event: Extract<Event, { type: "roll-back" }>, policy: Policy): Stepped {
  if (!state.isReversible) return refuse(state, words("This change has no way back.", "该变更没有回退途径。"));
  const back: State = {
    ...state,
    phase: "rolling-back",
    stage: null,
    gate: null,
    resumesTo: null,
    judgeAskedAt: null,
    judgeDueSince: null,
    why: event.why,
  };
  const gone = goBack(back, event.at, policy);
  return { state: gone.state, effects: [{ type: "withdraw" }, ...gone.effects] };
}

/** A person goes on: from a pause where it stood, from a halt in spite of the failed nodes and with a new soak. */
function resume(state: State, event: Extract<Event, { type: "resume" }>, policy: Policy): Stepped {
  const { at } = event;
  if (event.by === "" || event.why.en.trim() === "") return stay(state);
  if (state.resumesTo === "rolling-back")
    return goBack({ ...state, phase: "rolling-back", resumesTo: null }, at, policy);
  const wave = present(state);
  const { counts } = wave;
  if (counts.revertFailed > 0)
    return refuse(state, words("Its way back was shown not to work.", "其回退途径已被证明不可用。"));
  const isEmpty = isSettled(wave) && counts.applied + counts.reverted === 0;
  if (isEmpty && counts.failed > 0 && !state.waves.some((other) => other.counts.applied > 0))
    return refuse(
      state,
      words(
        "No canary carries the change: retry the failed ones or plan again.",
        "没有任何金丝雀带有该变更：请重试失败节点或重新生成计划。",
      ),
    );
  const running: State = { ...state, phase: "running", resumesTo: null, why: null };
  if (state.phase === "paused") return isEmpty ? nextWave(running, at, policy) : advance(running, at, policy);
  const cleared = withWave({ ...running, stage: "dispatch" }, state.wave, {
    accepted: counts.failed,
    settledAt: null,
    soakedMs: 0,
    verdict: null,
  });
  return isEmpty ? nextWave(cleared, at, policy) : advance(cleared, at, policy);
}
