// Values that step: what nodes are like by habit is no harm, also where one canary is all there is; a step at once is found without a look before it.
import { expect, test } from "vitest";
import { initialState, observe } from "./observe.ts";
import type { JudgeState, SequentialPolicy } from "./types.ts";

const POLICY: SequentialPolicy = {
  alpha: 0.001,
  toleratedRatio: 1.5,
  toleratedShift: 0.05,
  minExposureMs: 60_000,
  minPathRan: 1,
  timeLimitMs: 3_600_000,
  atTimeLimit: "pause",
  staleMs: 30_000,
  staleRatioMax: 0.2,
  refractoryMs: 60_000,
  signals: [{ id: "io", kind: "level" }],
};

/** Half an hour of one canary (`canary`: what it reads) and eight controls. */
function soak(canary: (jitter: number) => number, control: (jitter: number, i: number) => number): JudgeState {
  let state = initialState(POLICY);
  for (let look = 1; look <= 180; look += 1) {
    const jitter = (node: number) => ((look * 7 + node * 13) % 5) / 5 - 0.4; // −0.4 … 0.4
    const node = (name: string, value: number) => ({ node: name, domain: name, value });
    const controls = Array.from({ length: 8 }, (_, i) => node(`k${i}`, control(jitter(i), i)));
    const signals = [
      { id: "io", kind: "level" as const, arms: { canary: [node("c", canary(jitter(9)))], control: controls } },
    ];
    const arms = { expected: { canary: 1, control: 8 }, stale: { canary: 0, control: 0 } };
    state = observe(state, { at: look * 10_000, lengthMs: 10_000, signals, pathRan: 1, ...arms }, POLICY);
  }
  return state;
}

test("a canary that is busier by habit than all controls, by no more than they differ, is no alarm", () => {
  const habits = (jitter: number, i: number) => 0.1 + 0.01 * i + 0.01 * jitter;
  expect(soak((jitter) => 0.2 + 0.01 * jitter, habits).alarm).toBeNull();
});

test("a step at once is found, though nobody looked before it", () => {
  const quiet = (jitter: number) => 0.1 + 0.01 * jitter;
  expect(soak((jitter) => 0.4 + 0.01 * jitter, quiet).alarm?.signals).toEqual(["io"]);
  expect(soak(quiet, quiet).alarm).toBeNull();
});
