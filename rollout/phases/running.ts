// Phase "running": wave after wave – send, rehearse the way back, soak under the judge's eyes, gates –, and everything that ends it.
import { errorBound, errorsOf, isSettled, withWave } from "../counts.ts";
import type { Effect, Gate, Policy, State, Stepped, WaveState, Words } from "../types.ts";
import { isOpen } from "../windows.ts";
import { words } from "../words.ts";
import { halt, pause, succeed } from "./stop.ts";

/** The wave under way. @throws when there is none: such a state is never running */
export function present(state: State): WaveState {
  const wave = state.waves[state.wave];
  if (!wave) throw new Error(`wave ${state.wave} of ${state.waves.length}`);
  return wave;
}

/** One run on one node has nothing to be compared with: its own verification is its judge. Everything else is judged, whatever the policy's soak. */
export const isJudged = (state: State, policy: Policy): boolean => state.waves.length > 1 || policy.soakMs > 0;

const join = (first: readonly Effect[], then: Stepped): Stepped => ({
  state: then.state,
  effects: [...first, ...then.effects],
});

/** Goes on as far as the counters allow. `isHeld`: the host has just been refused; nothing is asked for before the next tick. */
export function advance(state: State, at: number, policy: Policy, isHeld = false): Stepped {
  const wave = present(state);
  const errors = errorsOf(wave);
  if (errors >= errorBound(policy, wave.size)) return halt(state, at, policy, tooManyErrors(state, errors));
  if (wave.counts.revertFailed > 0) return halt(state, at, policy, NO_WAY_BACK);
  switch (state.stage) {
    case "dispatch":
      return dispatch(state, at, policy, isHeld);
    case "rehearse":
      return rehearse(state, at, policy, isHeld);
    case "gate":
      return openGates(state, at, policy);
    case "soak":
    case null:
      return { state, effects: [] };
  }
}

const NO_WAY_BACK = words("The way back failed on the first canary.", "在首个金丝雀节点上演练回退失败。");

const tooManyErrors = (state: State, errors: number): Words =>
  words(
    `Wave ${state.wave + 1}: the change failed on ${errors}.`,
    `第 ${state.wave + 1} 批：${errors} 个节点变更失败。`,
  );

function dispatch(state: State, at: number, policy: Policy, isHeld: boolean): Stepped {
  const wave = present(state);
  if (isSettled(wave)) return settle(state, at, policy);
  const { pending, applying, reverting } = wave.counts;
  const room = Math.min(policy.maxInFlight, errorBound(policy, wave.size) - errorsOf(wave)) - applying - reverting;
  const max = Math.min(pending, room);
  if (isHeld || max <= 0 || !isOpen(policy.windows, at)) return { state, effects: [] };
  return { state, effects: [{ type: "dispatch", wave: state.wave, max, only: null }] };
}

/** All nodes of the wave had their turn. */
function settle(state: State, at: number, policy: Policy): Stepped {
  const { applied } = present(state).counts;
  const isLast = state.wave === state.waves.length - 1;
  if (applied === 0) return isLast ? succeed(state, at) : pause(state, NOBODY_CHANGED);
  const needsRehearsal = state.rehearsal !== "none" && state.rehearsal !== "done";
  if (needsRehearsal) return rehearse({ ...state, stage: "rehearse" }, at, policy, false);
  return soak(state, at, policy);
}

const NOBODY_CHANGED = words(
  "No node of this wave was changed: there is nothing that could be judged before more follow.",
  "本批没有任何节点被变更：在继续之前没有可供评判的对象。",
);

function soak(state: State, at: number, policy: Policy): Stepped {
  const soaking = withWave({ ...state, stage: "soak", why: null }, state.wave, { settledAt: at, soakedMs: 0 });
  return isJudged(state, policy) ? { state: soaking, effects: [] } : passWave(soaking, at, policy);
}

/** The first canary goes back and forth once, before more than it depends on the way back. */
function rehearse(state: State, at: number, policy: Policy, isHeld: boolean): Stepped {
  const { counts } = present(state);
  if (counts.applying + counts.reverting > 0) return { state, effects: [] };
  if (counts.pending > 0) return dispatch(state, at, policy, isHeld);
  const mayAsk = !isHeld && isOpen(policy.windows, at);
  if (counts.reverted > 0) {
    const again: State = { ...state, rehearsal: "again" };
    if (!mayAsk) return { state: again, effects: [] };
    return { state: again, effects: [{ type: "dispatch", wave: state.wave, max: 1, only: "rehearsal" }] };
  }
  if (state.rehearsal === "again") return settle({ ...state, stage: "dispatch", rehearsal: "done" }, at, policy);
  const needed: State = { ...state, rehearsal: "needed" };
  if (!mayAsk) return { state: needed, effects: [] };
  return { state: needed, effects: [{ type: "revert", wave: state.wave, max: 1, only: "rehearsal" }] };
}

/** The wave is good: its nodes are free, and the next begins, once the gates after it are open. */
export function passWave(state: State, at: number, policy: Policy): Stepped {
  const index = state.wave;
  const passed = withWave({ ...state, judgeAskedAt: null, judgeDueSince: null }, index, { passedAt: at });
  const why = words(
    `Wave ${index + 1} of ${state.waves.length} has passed.`,
    `第 ${index + 1}/${state.waves.length} 批已通过。`,
  );
  const effects: Effect[] = [
    { type: "release", wave: index },
    { type: "tell", kind: "wave-passed", why },
  ];
  const isLast = index === state.waves.length - 1;
  if (isLast) return join(effects, succeed(passed, at));
  return join(effects, openGates({ ...passed, stage: "gate", gate: null, gatesOpen: 0 }, at, policy));
}

/** Gates after a wave, in the order of the policy; there is none after the last. */
const gatesAfter = (policy: Policy, wave: number): readonly Gate[] =>
  policy.gates.filter(({ after }) => after === "each" || after === wave);

/** Asks the next gate that is closed, or begins the next wave. */
export function openGates(state: State, at: number, policy: Policy): Stepped {
  if (state.gate) return { state, effects: [] };
  const gate = gatesAfter(policy, state.wave)[state.gatesOpen];
  if (gate) {
    const waiting: State = { ...state, gate: { after: state.wave, kind: gate.kind, askedAt: at } };
    return { state: waiting, effects: [{ type: "ask-gate", after: state.wave, gate }] };
  }
  return nextWave(state, at, policy);
}

/** Begins the wave after the present one; after the last it is over. */
export function nextWave(state: State, at: number, policy: Policy): Stepped {
  if (state.wave >= state.waves.length - 1) return succeed(state, at);
  const next: State = { ...state, stage: "dispatch", wave: state.wave + 1, gate: null, gatesOpen: 0, why: null };
  return advance(next, at, policy);
}
