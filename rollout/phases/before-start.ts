// Phases "draft", "planned", "approved": the targets are fixed, approved as they are, and started only if they still are what was approved.
import { noCounts } from "../counts.ts";
import type { Event, Policy, State, Stepped, Words } from "../types.ts";
import { nodesEn, percent, words } from "../words.ts";
import { advance } from "./running.ts";
import { abort } from "./stop.ts";

const stay = (state: State, why: Words): Stepped => ({ state: { ...state, why }, effects: [] });

/** What happens before anything is sent. */
export function beforeStart(state: State, event: Event, policy: Policy): Stepped {
  switch (event.type) {
    case "planned":
      return plan(state, event, policy);
    case "approved":
      return approve(state, event);
    case "start":
      return start(state, event, policy);
    case "abort":
      return abort(state, event.at, event.why);
    case "tick":
    case "moved":
    case "refused":
    case "judged":
    case "hard-signal":
    case "gate":
    case "pause":
    case "resume":
    case "retry":
    case "promote":
    case "roll-back":
    case "freeze":
      return { state, effects: [] };
  }
}

/** A plan replaces the one before, and with it every approval. */
function plan(state: State, event: Extract<Event, { type: "planned" }>, policy: Policy): Stepped {
  const { waves, targetHash } = event.plan;
  const count = waves.reduce((sum, { size }) => sum + size, 0);
  if (count === 0 || waves.some(({ size }) => size < 1))
    return stay(state, words("It selects no node: nothing is planned.", "没有选中任何节点：不生成计划。"));
  return {
    state: {
      ...state,
      phase: "planned",
      waves: waves.map(({ domain, size, skipped }) => ({
        domain,
        size,
        counts: { ...noCounts(), pending: size - Math.min(skipped, size), skipped: Math.min(skipped, size) },
        accepted: 0,
        startedAt: null,
        settledAt: null,
        soakedMs: 0,
        passedAt: null,
        verdict: null,
      })),
      wave: 0,
      targetHash,
      count,
      isReversible: event.isReversible,
      rehearsal: policy.rehearse && event.isReversible && waves.length > 1 ? "needed" : "none",
      approvedBy: [],
      why: null,
    },
    effects: [],
  };
}

function approve(state: State, event: Extract<Event, { type: "approved" }>): Stepped {
  if (state.phase !== "planned") return { state, effects: [] };
  if (event.targetHash !== state.targetHash)
    return stay(state, words("The approval is for other targets than these.", "批准所针对的目标与当前计划不一致。"));
  return { state: { ...state, phase: "approved", approvedBy: [...event.by], why: null }, effects: [] };
}

function start(state: State, event: Extract<Event, { type: "start" }>, policy: Policy): Stepped {
  if (state.phase !== "approved") return { state, effects: [] };
  const why = driftOf(state, event.live, policy);
  if (why) return stay(state, why);
  const { at } = event;
  const started: State = { ...state, phase: "running", stage: "dispatch", wave: 0, startedAt: at, why: null };
  const stepped = advance(started, at, policy);
  const told = words(
    `Started by ${event.by}: ${nodesEn(state.count)}.`,
    `由 ${event.by} 启动：${state.count} 个节点。`,
  );
  return { state: stepped.state, effects: [{ type: "tell", kind: "started", why: told }, ...stepped.effects] };
}

/** Why it must not start: other targets than approved, or a selection that is no longer what it was. More nodes than planned never come in. */
function driftOf(
  state: State,
  live: { targetHash: string; count: number; missing: number },
  policy: Policy,
): Words | null {
  if (live.targetHash !== state.targetHash)
    return words("The targets are not those that were approved.", "目标与批准时不一致。");
  const drift = Math.max(Math.abs(live.count - state.count), live.missing) / state.count;
  if (drift <= policy.driftMaxRatio) return null;
  return words(
    `The selection gives ${nodesEn(live.count)} now, ${live.missing} of the ${state.count} planned are gone: ${percent(drift)} > ${percent(policy.driftMaxRatio)}. Plan again.`,
    `当前选中 ${live.count} 个节点，计划的 ${state.count} 个中有 ${live.missing} 个已不在：${percent(drift)} > ${percent(policy.driftMaxRatio)}。请重新生成计划。`,
  );
}
