// The life of one target, decided purely: what its run reports moves it, anything late, doubled or out of order does not. The server's SQL and the simulator follow it.
import type { Counts } from "./types.ts";

export type NodeState = keyof Counts;

/** One node of one rollout. */
export type Target = {
  state: NodeState;
  /** Runs begun on it, forth and back; events of an earlier run are late. */
  attempt: number;
  /** The node has said that it has the command of this run: it can not be withdrawn any more. */
  isConfirmed: boolean;
  /** It was applied when it was last sent back (or is): what a withdrawn way back returns to. */
  wasApplied: boolean;
};

export type NodeEvent =
  /** A run forth begins; for the rehearsal also from reverted. */
  | { type: "send"; isRehearsal: boolean }
  /** A run back begins. */
  | { type: "send-back" }
  | { type: "confirmed"; attempt: number }
  /** How its run ended. `unknown`: nobody can say; it stays under way until it was read or its time is over. */
  | { type: "ended"; attempt: number; end: "done" | "failed" | "unknown" | "not-needed" }
  /** What was read on the node after an unknown end: whether the run has done what it should. */
  | { type: "verified"; attempt: number; isDone: boolean }
  /** Its time is over. */
  | { type: "timed-out"; attempt: number }
  /** Nobody will carry this run out any more. Only true of runs that the node never confirmed. */
  | { type: "withdrawn"; attempt: number }
  /** It is left out before its turn: sick before the change, gone, protected, in other hands. */
  | { type: "skip" }
  /** A failed one is tried again. `isRead`: how it stands was read since. */
  | { type: "retry"; isRead: boolean }
  /** There is nothing to take back on it. */
  | { type: "nothing-to-revert" };

/** `move`: what the host counts and tells the engine; null: nothing moved. */
export type NodeMoved = { target: Target; move: { from: NodeState; to: NodeState } | null };

/** From where a node can go where; the host's conditional updates and the engine's counters hold to it. */
export const MOVES: Readonly<Record<NodeState, readonly NodeState[]>> = {
  pending: ["applying", "skipped"],
  applying: ["applied", "failed", "skipped", "pending"],
  applied: ["reverting", "reverted"],
  failed: ["pending", "reverting", "reverted"],
  reverting: ["reverted", "revertFailed", "applied", "failed"],
  reverted: ["applying", "skipped"],
  skipped: [],
  revertFailed: [],
};

export const isMove = (from: NodeState, to: NodeState): boolean => MOVES[from]?.includes(to) ?? false;

/** A target as planned. */
export const newTarget = (): Target => ({ state: "pending", attempt: 0, isConfirmed: false, wasApplied: false });

/** Brings one target forward by one event. Anything that does not fit its state and present run changes nothing. */
export function moveNode(target: Target, event: NodeEvent): NodeMoved {
  const stay: NodeMoved = { target, move: null };
  const go = (to: NodeState, change: Partial<Target> = {}): NodeMoved => ({
    target: { ...target, ...change, state: to },
    move: { from: target.state, to },
  });
  const { state } = target;
  const isUnderWay = state === "applying" || state === "reverting";
  if ("attempt" in event && (!isUnderWay || event.attempt !== target.attempt)) return stay;
  switch (event.type) {
    case "send":
      if (state !== "pending" && !(event.isRehearsal && state === "reverted")) return stay;
      return go("applying", { attempt: target.attempt + 1, isConfirmed: false, wasApplied: false });
    case "send-back":
      if (state !== "applied" && state !== "failed") return stay;
      return go("reverting", { attempt: target.attempt + 1, isConfirmed: false, wasApplied: state === "applied" });
    case "confirmed":
      return { target: target.isConfirmed ? target : { ...target, isConfirmed: true }, move: null };
    case "ended":
      return event.end === "unknown" ? stay : endRun(target, event.end, go);
    case "verified":
      return endRun(target, event.isDone ? "done" : "failed", go);
    case "timed-out":
      return endRun(target, "failed", go);
    case "withdrawn":
      if (target.isConfirmed) return stay;
      return state === "applying" ? go("pending") : go(target.wasApplied ? "applied" : "failed");
    case "skip":
      return state === "pending" || state === "reverted" ? go("skipped") : stay;
    case "retry":
      return state === "failed" && event.isRead ? go("pending") : stay;
    case "nothing-to-revert":
      return state === "applied" || state === "failed" ? go("reverted") : stay;
  }
}

function endRun(
  { state }: Target,
  end: "done" | "failed" | "not-needed",
  go: (to: NodeState, change?: Partial<Target>) => NodeMoved,
): NodeMoved {
  if (state === "reverting") return go(end === "failed" ? "revertFailed" : "reverted");
  if (end === "not-needed") return go("skipped");
  return end === "done" ? go("applied", { wasApplied: true }) : go("failed");
}
