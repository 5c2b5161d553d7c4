// Ways out of going on: pause, halt with what it leads to, and the ends. Used by every phase that something is under way in.
import { totals } from "../counts.ts";
import type { Effect, Phase, Policy, State, Stepped, Words } from "../types.ts";
import { nodesEn, words } from "../words.ts";
import { goBack } from "./rolling-back.ts";

/** Stands until a person goes on; what no node has confirmed is withdrawn. */
export function pause(state: State, why: Words): Stepped {
  const resumesTo = state.phase === "rolling-back" ? "rolling-back" : "running";
  return {
    state: { ...state, phase: "paused", resumesTo, why, judgeAskedAt: null, judgeDueSince: null },
    effects: [{ type: "withdraw" }, { type: "tell", kind: "paused", why }],
  };
}

/** Something went wrong: stands, and where the policy says so and there is a way, goes back by itself. */
export function halt(state: State, at: number, policy: Policy, why: Words): Stepped {
  const halted: State = {
    ...state,
    phase: "halted",
    stage: null,
    resumesTo: null,
    gate: null,
    why,
    judgeAskedAt: null,
    judgeDueSince: null,
  };
  const effects: Effect[] = [{ type: "withdraw" }, { type: "tell", kind: "halted", why }];
  if (policy.onFail !== "roll-back" || !state.isReversible) return { state: halted, effects };
  const back = goBack({ ...halted, phase: "rolling-back" }, at, policy);
  return { state: back.state, effects: [...effects, ...back.effects] };
}

/** A person gives it up: nothing new is sent, what was changed stays changed. */
export function abort(state: State, at: number, why: Words): Stepped {
  return {
    state: over(state, "aborted", at, why),
    effects: [{ type: "withdraw" }, { type: "release", wave: "all" }, { type: "tell", kind: "aborted", why }],
  };
}

/** The last wave has passed. */
export function succeed(state: State, at: number): Stepped {
  const { applied, failed, skipped } = totals(state);
  const why = words(
    `${nodesEn(applied)} changed, ${failed} failed, ${skipped} left out.`,
    `已变更 ${applied} 个节点，失败 ${failed} 个，跳过 ${skipped} 个。`,
  );
  return {
    state: over(state, "succeeded", at, why),
    effects: [
      { type: "release", wave: "all" },
      { type: "tell", kind: "succeeded", why },
    ],
  };
}

const over = (state: State, phase: Phase, at: number, why: Words): State => ({
  ...state,
  phase,
  stage: null,
  resumesTo: null,
  gate: null,
  judgeAskedAt: null,
  judgeDueSince: null,
  endedAt: at,
  why,
});
