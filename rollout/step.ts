// The engine: state and event → state and effects. Pure, and as fast for a hundred thousand nodes as for one: it counts, the nodes are the host's.
import { withMoves } from "./counts.ts";
import { beforeStart } from "./phases/before-start.ts";
import { whileRollingBack, whileRunning, whileStanding } from "./phases/under-way.ts";
import { type Event, FINAL, type Phase, type Policy, type State, type Stepped } from "./types.ts";
import { isOpen, nextOpening } from "./windows.ts";

/** A rollout that has no plan yet. */
export const create = (): State => ({
  phase: "draft",
  stage: null,
  wave: 0,
  waves: [],
  targetHash: "",
  count: 0,
  isReversible: false,
  rehearsal: "none",
  resumesTo: null,
  why: null,
  approvedBy: [],
  startedAt: null,
  endedAt: null,
  lastJudgedAt: null,
  judgeAskedAt: null,
  judgeDueSince: null,
  gate: null,
  gatesOpen: 0,
  heardAt: null,
  seq: 0,
});

/** Over for good: nothing leads out of these. */
export const isFinal = (phase: Phase): boolean => (FINAL as readonly Phase[]).includes(phase);

/**
 * Takes one event in. The same state, event and policy give the same answer, byte for byte; events that do not fit change nothing but `seq` and `heardAt`.
 * The host stores the state and carries the effects out in one transaction (see `Effect`). What is over takes in only what its last nodes still tell.
 */
export function step(state: State, event: Event, policy: Policy): Stepped {
  switch (state.phase) {
    case "draft":
    case "planned":
    case "approved":
      return taken(state, event, beforeStart(state, event, policy));
    case "running":
      return taken(state, event, whileRunning(state, event, policy));
    case "paused":
    case "halted":
      return taken(state, event, whileStanding(state, event, policy));
    case "rolling-back":
      return taken(state, event, whileRollingBack(state, event, policy));
    case "succeeded":
    case "rolled-back":
    case "aborted":
      return afterEnd(state, event);
  }
}

const taken = (before: State, event: Event, { state, effects }: Stepped): Stepped => ({
  state: { ...state, heardAt: event.at, seq: before.seq + 1 },
  effects,
});

function afterEnd(state: State, event: Event): Stepped {
  if (event.type !== "moved") return { state, effects: [] };
  return taken(state, event, { state: withMoves(state, event.moves, event.at), effects: [] });
}

/** When the host is to send the next tick, epoch ms; null: not before something happens. */
export function dueAt(state: State, policy: Policy): number | null {
  const { phase, stage, heardAt } = state;
  if (phase === "rolling-back") return (heardAt ?? 0) + policy.judgeEveryMs;
  if (phase !== "running" || stage === "gate") return null;
  const at = heardAt ?? 0;
  const counts = state.waves[state.wave]?.counts;
  const isIdle = stage === "dispatch" && counts !== undefined && counts.applying + counts.applied + counts.failed === 0;
  if (isIdle && !isOpen(policy.windows, at)) return nextOpening(policy.windows, at);
  return at + policy.judgeEveryMs;
}
