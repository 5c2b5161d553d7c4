// Progress counts what the present direction concerns, once.
import { expect, test } from "vitest";
import { progressOf } from "./rollout-look.ts";

const none = { pending: 0, applying: 0, applied: 0, failed: 0, skipped: 0, reverting: 0, reverted: 0, revertFailed: 0 };

test("forth: failed and skipped nodes are done as well", () => {
  const counts = { ...none, pending: 5, applying: 2, applied: 3, failed: 1, skipped: 1 };
  expect(progressOf("running", counts)).toEqual({ done: 5, total: 12, isBack: false });
  expect(progressOf("halted", counts)).toEqual({ done: 5, total: 12, isBack: false });
});

test("back: only nodes that were changed count, nodes that were never touched do not", () => {
  const counts = { ...none, pending: 9, applied: 1, reverting: 2, reverted: 3, revertFailed: 1, failed: 1 };
  expect(progressOf("rolling-back", counts)).toEqual({ done: 4, total: 7, isBack: true });
});

test("nothing to do is nothing, not a division by zero", () => {
  expect(progressOf("planned", none)).toEqual({ done: 0, total: 0, isBack: false });
});
