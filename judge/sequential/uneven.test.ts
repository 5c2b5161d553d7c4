// Nodes that differ by habit, drift, stand in racks of their own: no evidence, however often it is looked. And what is more than habit is found.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { initialState, observe } from "./observe.ts";
import { addToRatios, freshRatios, logEOfRatios } from "./ratios.ts";
import { logFactor } from "./stakes.ts";
import type { ArmName, JudgeState, NodeReading, SequentialPolicy, SignalKind } from "./types.ts";
import { verdict } from "./verdict.ts";
import { nextWave } from "./wave.ts";

/** mulberry32. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const policyOf = (kind: SignalKind, alpha = 0.001): SequentialPolicy => ({
  alpha,
  toleratedRatio: 1.5,
  toleratedShift: 0.05,
  minExposureMs: 60_000,
  minPathRan: 1,
  timeLimitMs: 3_600_000,
  atTimeLimit: "pause",
  staleMs: 30_000,
  staleRatioMax: 0.2,
  refractoryMs: 20_000,
  signals: [{ id: "s", kind }],
});

type Shown = Pick<NodeReading, "events" | "exposure" | "values">;
type Soak = {
  canaries: number;
  controls: number;
  looks: number;
  before?: number;
  kind?: SignalKind;
  alpha?: number;
  domainOf?: (arm: ArmName, i: number) => string;
  /** What node i of an arm shows in a look; null: nothing. */
  read: (arm: ArmName, i: number, look: number) => Shown | null;
};

function soak(from: Soak): JudgeState {
  const { canaries, controls, looks, before = 0, kind = "event", alpha, domainOf = (_, i) => `r${i % 5}`, read } = from;
  const policy = policyOf(kind, alpha);
  let state = initialState(policy);
  for (let look = 1 - before; look <= looks; look += 1) {
    const arm = (name: ArmName, n: number): NodeReading[] =>
      Array.from({ length: n }, (_, i) => i).flatMap((i) => {
        const shown = read(name, i, look);
        return shown ? [{ node: `${name}${i}`, domain: domainOf(name, i), ...shown }] : [];
      });
    const arms = { canary: arm("canary", canaries), control: arm("control", controls) };
    state = observe(
      state,
      {
        at: look * 10_000,
        lengthMs: 10_000,
        phase: look <= 0 ? "before" : "after",
        signals: [{ id: "s", kind, arms }],
        pathRan: canaries,
        expected: { canary: canaries, control: controls },
        stale: { canary: 0, control: 0 },
      },
      policy,
    );
  }
  return state;
}
const failed = (is: boolean): Shown => ({ exposure: 10, events: Number(is) });
const unitsOf = (state: JudgeState) => state.signals.s?.units;

test("one node in ten fails thirty times as often: looked at 100 times the e-value keeps Ville's bound, the same counts without the nodes' past do not", () => {
  const ALPHA = 0.05;
  const RUNS = 60;
  const [canaries, controls] = [10, 30];
  let [layered, plain] = [0, 0];
  for (let run = 0; run < RUNS; run += 1) {
    const next = random(run * 7_919);
    const rates = Array.from({ length: canaries + controls }, () => (next() < 0.1 ? 0.15 : 0.005));
    let [log, isAlarm] = [freshRatios(), false];
    const state = soak({
      canaries,
      controls,
      looks: 100,
      alpha: ALPHA,
      domainOf: (arm, i) => `${arm}${i}`,
      read: (arm, i) => {
        const hasFailed = next() < (rates[arm === "canary" ? i : canaries + i] ?? 0);
        if (hasFailed)
          log = addToRatios(log, Number(arm === "canary"), Number(arm === "control"), canaries / (canaries + controls));
        isAlarm ||= logEOfRatios(log) >= Math.log(1 / ALPHA);
        return failed(hasFailed);
      },
    });
    layered += Number(state.alarm !== null);
    plain += Number(isAlarm);
  }
  expect(layered / RUNS).toBeLessThanOrEqual(ALPHA);
  expect(plain / RUNS).toBeGreaterThan(3 * ALPHA);
});

test("stakes that follow how many failed keep the mean at 1 when the change does nothing", () => {
  const policy = { ...policyOf("event"), signals: ["a", "b"].map((id) => ({ id, kind: "event" as const })) };
  const fresh = initialState(policy).signals;
  const count = fc.integer({ min: 0, max: 3 });
  const totals = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 10, maxLength: 10 });
  fc.assert(
    fc.property(
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      fc.tuple(count, count),
      fc.tuple(totals, totals),
      (rho, past, attention) => {
        const befores = ["a", "b"].map((id, i) => {
          const { [id]: one } = fresh;
          if (!one) throw new Error(id);
          return { ...one, log: addToRatios(one.log, past[i] ?? 0, 1, rho), totals: attention[i] ?? [] };
        });
        // One failure in each signal: whose it was, in all four ways.
        let mean = 0;
        for (const [x, y] of [
          [1, 1],
          [1, 0],
          [0, 1],
          [0, 0],
        ] as const) {
          const staked = befores.map((before, i) => {
            const isCanary = [x, y][i] ?? 0;
            return {
              weight: 1,
              before,
              after: { ...before, log: addToRatios(before.log, isCanary, 1 - isCanary, rho) },
            };
          });
          const chance = (is: number) => (is === 1 ? rho : 1 - rho);
          mean += chance(x) * chance(y) * Math.exp(logFactor(staked));
        }
        expect(mean).toBeCloseTo(1, 9);
      },
    ),
  );
});

describe("domains", () => {
  test("the canaries' own rack that goes down is one unit, and rests until it is over", () => {
    const domainOf = (arm: ArmName, i: number) => (arm === "canary" ? "own" : `r${i % 5}`);
    const next = random(5);
    const state = soak({
      ...{ canaries: 20, controls: 20, looks: 60, domainOf },
      read: (arm, _, look) => failed(arm === "canary" && look >= 20 && look < 30 && next() < 0.7),
    });
    expect(unitsOf(state)).toEqual({ canary: 1, control: 0 });
    expect(state.alarm).toBeNull();
    // Nor is it a pass: what failed may have been the change.
    const policy: SequentialPolicy = { ...policyOf("event"), timeLimitMs: 0, atTimeLimit: "pass" };
    const { verdict: kind, decided } = verdict(state, policy, 600_000);
    expect([kind, decided.rule]).toEqual(["inconclusive", "shared-cause"]);
  });

  test("canaries that fail all at once halt where controls of their domain stand beside them and do not", () => {
    const state = soak({
      ...{ canaries: 20, controls: 20, looks: 30, domainOf: () => "zone-a" },
      read: (arm, _, look) => failed(arm === "canary" && look >= 20),
    });
    expect(state.alarm?.at).toBeLessThanOrEqual(220_000);
  });

  test("rules for domains favour no arm: pairs that fail in racks of both arms keep the mean at 1", () => {
    // Two of a rack's nodes fail in one look, each pair equally likely: the mean over all pairs of what that is worth.
    const [canaries, controls] = [6, 3];
    const nodes = [...Array(canaries).keys()]
      .map((i) => `canary${i}`)
      .concat([...Array(controls).keys()].map((i) => `control${i}`));
    let [total, pairs] = [0, 0];
    for (const a of nodes)
      for (const b of nodes) {
        if (a >= b) continue;
        const read: Soak["read"] = (arm, i) => failed([a, b].includes(`${arm}${i}`));
        const { signals } = soak({ canaries, controls, looks: 1, domainOf: () => "rack", read });
        total += Math.exp(logEOfRatios(signals.s?.log ?? []));
        pairs += 1;
      }
    expect(pairs).toBe(36);
    expect(total / pairs).toBeCloseTo(1, 9);
  });

  test("single failures in a rack are counted each, so that harm there is found", () => {
    const domainOf = (arm: ArmName) => arm;
    const next = random(6);
    const state = soak({
      ...{ canaries: 30, controls: 30, looks: 100, before: 60, domainOf },
      read: (arm, _, look) => failed(next() < (arm === "canary" && look > 0 ? 0.03 : 0.002)),
    });
    expect(state.alarm?.signals).toEqual(["s"]);
  });

  test("canaries that were restless before, in a rack of their own, are no alarm", () => {
    const domainOf = (arm: ArmName, i: number) => (arm === "canary" ? "own" : `r${i % 5}`);
    let alarms = 0;
    for (let seed = 0; seed < 12; seed += 1) {
      const next = random(seed * 31);
      const read: Soak["read"] = (arm) => failed(next() < (arm === "canary" ? 0.012 : 0.004));
      alarms += Number(soak({ canaries: 20, controls: 20, looks: 120, before: 200, domainOf, read }).alarm !== null);
    }
    expect(alarms).toBe(0);
  });
});

describe("each node by its own measure", () => {
  const calls = (share: number, next: () => number, n = 200): Shown => ({
    exposure: n,
    events: Array.from({ length: n }, () => next()).filter((one) => one < share).length,
  });

  test("failing calls of busy nodes: some always fail; more than that is found within a minute", () => {
    const next = random(11);
    const state = soak({
      ...{ canaries: 15, controls: 15, looks: 12, kind: "rate" },
      read: (arm, _, look) => calls(arm === "canary" && look > 6 ? 0.05 : 0.005, next),
    });
    expect(state.alarm?.at).toBeLessThanOrEqual(12 * 10_000);
    expect(state.alarm?.at).toBeGreaterThan(6 * 10_000);
  });

  test("a slow disk is no slower than it was; one that was fast and is slow now is", () => {
    const next = random(12);
    const slow = (habit: (arm: ArmName, i: number) => number, harm: number) =>
      soak({
        ...{ canaries: 15, controls: 15, looks: 40, before: 20, kind: "latency" },
        read: (arm, i, look) => ({
          values: [100 * habit(arm, i) * (1 + 0.2 * next()) * (arm === "canary" && look > 0 ? harm : 1)],
        }),
      });
    expect(slow((arm) => (arm === "canary" ? 3 : 1), 1).alarm).toBeNull();
    expect(slow((_, i) => 1 + (i % 5), 1.5).alarm?.signals).toEqual(["s"]);
  });
});

test("the next wave knows what its nodes were like, and holds nothing against them", () => {
  const read: Soak["read"] = (_, i, look) => failed(i === 3 && look % 5 === 0);
  const state = soak({ canaries: 5, controls: 10, looks: 40, read });
  const next = nextWave(state, policyOf("event"));
  const { events, incidents, alarm, looks, signals } = next;
  expect({ events, alarm, looks, units: signals.s?.units }).toEqual({
    ...{ events: 0, alarm: null, looks: 0 },
    units: { canary: 0, control: 0 },
  });
  expect(incidents).toEqual({ until: {}, seen: {}, past: state.incidents.seen });
  expect(incidents.past.control3).toBe(8);
});
