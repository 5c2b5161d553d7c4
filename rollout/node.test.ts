// One target: what moves it, and that nothing late, doubled or out of order does.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMove, MOVES, moveNode, type NodeEvent, type NodeState, newTarget, type Target } from "./node.ts";

const after = (...events: NodeEvent[]): Target =>
  events.reduce((target, event) => moveNode(target, event).target, newTarget());
const send: NodeEvent = { type: "send", isRehearsal: false };
const done = (attempt: number): NodeEvent => ({ type: "ended", attempt, end: "done" });
const failed = (attempt: number): NodeEvent => ({ type: "ended", attempt, end: "failed" });

describe("moveNode", () => {
  it.each<[string, NodeEvent[], NodeState]>([
    ["forth", [send, done(1)], "applied"],
    ["forth and failed", [send, failed(1)], "failed"],
    ["an unknown end stays under way", [send, { type: "ended", attempt: 1, end: "unknown" }], "applying"],
    [
      "until it was read",
      [send, { type: "ended", attempt: 1, end: "unknown" }, { type: "verified", attempt: 1, isDone: true }],
      "applied",
    ],
    ["or its time is over", [send, { type: "timed-out", attempt: 1 }], "failed"],
    ["found to need nothing", [send, { type: "ended", attempt: 1, end: "not-needed" }], "skipped"],
    ["back", [send, done(1), { type: "send-back" }, done(2)], "reverted"],
    [
      "back and failed, for good",
      [send, done(1), { type: "send-back" }, failed(2), { type: "send-back" }],
      "revertFailed",
    ],
    ["a failed one goes back too", [send, failed(1), { type: "send-back" }, done(2)], "reverted"],
    [
      "rehearsal: back and forth again",
      [send, done(1), { type: "send-back" }, done(2), { type: "send", isRehearsal: true }, done(3)],
      "applied",
    ],
    ["only a rehearsal sends again", [send, done(1), { type: "send-back" }, done(2), send], "reverted"],
    ["withdrawn", [send, { type: "withdrawn", attempt: 1 }], "pending"],
    [
      "not withdrawn once confirmed",
      [send, { type: "confirmed", attempt: 1 }, { type: "withdrawn", attempt: 1 }],
      "applying",
    ],
    [
      "a withdrawn way back leaves it as it was",
      [send, failed(1), { type: "send-back" }, { type: "withdrawn", attempt: 2 }],
      "failed",
    ],
    ["retried once it was read", [send, failed(1), { type: "retry", isRead: true }], "pending"],
    ["not retried blindly", [send, failed(1), { type: "retry", isRead: false }], "failed"],
    ["not sent again without being asked", [send, failed(1), send], "failed"],
    ["old news of the way forth", [send, done(1), { type: "send-back" }, done(1)], "reverting"],
    ["late news", [send, { type: "timed-out", attempt: 1 }, done(1)], "failed"],
    ["skipped", [{ type: "skip" }, send], "skipped"],
    ["not skipped once under way", [send, { type: "skip" }], "applying"],
  ])("%s", (_name, events, state) => {
    expect(after(...events).state).toBe(state);
  });

  it("moves only along MOVES, a doubled event never, and numbers its runs upwards, whatever comes", () => {
    const attempt = fc.integer({ min: 0, max: 4 });
    const event: fc.Arbitrary<NodeEvent> = fc.oneof(
      fc.record({ type: fc.constant("send" as const), isRehearsal: fc.boolean() }),
      fc.constant<NodeEvent>({ type: "send-back" }),
      fc.record({ type: fc.constant("confirmed" as const), attempt }),
      fc.record({
        type: fc.constant("ended" as const),
        attempt,
        end: fc.constantFrom("done" as const, "failed" as const, "unknown" as const),
      }),
      fc.record({ type: fc.constant("verified" as const), attempt, isDone: fc.boolean() }),
      fc.record({ type: fc.constant("timed-out" as const), attempt }),
      fc.record({ type: fc.constant("withdrawn" as const), attempt }),
      fc.constant<NodeEvent>({ type: "skip" }),
      fc.record({ type: fc.constant("retry" as const), isRead: fc.boolean() }),
      fc.constant<NodeEvent>({ type: "nothing-to-revert" }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        let target = newTarget();
        for (const one of events) {
          const moved = moveNode(target, one);
          if (moved.move) expect(isMove(moved.move.from, moved.move.to)).toBe(true);
          expect(moved.target.state).toBe(moved.move?.to ?? target.state);
          expect(moved.target.attempt).toBeGreaterThanOrEqual(target.attempt);
          const again = "attempt" in one ? moveNode(moved.target, one) : null;
          if (again) expect(again.move).toBeNull();
          target = moved.target;
        }
      }),
    );
  });

  it("has ends that nothing leads out of", () => {
    expect(MOVES.skipped).toEqual([]);
    expect(MOVES.revertFailed).toEqual([]);
  });
});
