// The sequential judge against its formulas: evidence, bounds, units, and what must never be a pass.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { initialState, observe } from "./observe.ts";
import { addToRatios, boundOfRatios, freshRatios, logEOfRatios, logEUniform } from "./ratios.ts";
import type { HardSignal, JudgeState, NodeReading, SequentialPolicy, Window } from "./types.ts";
import { verdict } from "./verdict.ts";

const POLICY: SequentialPolicy = {
  alpha: 0.001,
  toleratedRatio: 1.5,
  toleratedShift: 0.05,
  minExposureMs: 60_000,
  minPathRan: 1,
  timeLimitMs: 600_000,
  atTimeLimit: "pass",
  staleMs: 30_000,
  staleRatioMax: 0.2,
  refractoryMs: 60_000,
  signals: [{ id: "pull-failure", kind: "event" }],
};

type Look = {
  canary?: number[];
  control?: number[];
  hard?: HardSignal[];
  stale?: number;
  pathRan?: number;
  racks?: number;
};

function look(at: number, { canary = [], control = [], hard, stale = 0, pathRan = 12, racks = 12 }: Look = {}): Window {
  const arm = (name: string, failing: number[]): NodeReading[] =>
    Array.from({ length: 12 }, (_, i) => ({
      node: `${name}${i}`,
      domain: `r${i % racks}${name}`,
      exposure: 10,
      events: failing.includes(i) ? 1 : 0,
    }));
  const signals = [
    { id: "pull-failure", kind: "event" as const, arms: { canary: arm("c", canary), control: arm("k", control) } },
  ];
  return {
    at,
    lengthMs: 10_000,
    signals,
    hard,
    pathRan,
    expected: { canary: 12, control: 12 },
    stale: { canary: stale, control: 0 },
  };
}

const play = (looks: Look[], policy = POLICY): JudgeState =>
  looks.reduce((state, one, i) => observe(state, look((i + 1) * 10_000, one), policy), initialState(policy));

describe("evidence", () => {
  test("under no harm the expected e-value of a window is 1 at ρ, and below it for less", () => {
    const expected = (rho: number, truth: number) =>
      truth * Math.exp(logEOfRatios(addToRatios(freshRatios(), 1, 0, rho))) +
      (1 - truth) * Math.exp(logEOfRatios(addToRatios(freshRatios(), 0, 1, rho)));
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (rho, part) => {
          expect(expected(rho, rho)).toBeCloseTo(1, 9);
          expect(expected(rho, rho * part)).toBeLessThanOrEqual(1 + 1e-9);
          // A share that is too small – the mutant – is no e-value any more.
          expect(expected(rho * 0.8, rho)).toBeGreaterThan(1);
        },
      ),
    );
  });

  test("the uniform mixture of the textbook, by its integral", () => {
    const integral = (c: number, k: number, rho: number) => {
      const steps = 20_000;
      let sum = 0;
      for (let i = 0; i < steps; i += 1) {
        const theta = rho + ((1 - rho) * (i + 0.5)) / steps;
        sum += (theta / rho) ** c * ((1 - theta) / (1 - rho)) ** k;
      }
      return sum / steps;
    };
    for (const [c, k, rho] of [
      [0, 0, 0.5],
      [7, 0, 0.3],
      [5, 3, 0.5],
      [1, 9, 0.2],
    ] as const)
      expect(Math.exp(logEUniform(c, k, rho))).toBeCloseTo(integral(c, k, rho), 4);
  });

  test("the bound holds the ratio that the counts have, and narrows", () => {
    const few = boundOfRatios(addToRatios(freshRatios(), 20, 10, 0.5), 0.05);
    const many = boundOfRatios(addToRatios(freshRatios(), 2_000, 1_000, 0.5), 0.05);
    for (const { low, high } of [few, many]) expect([low < 2, (high ?? Infinity) > 2]).toEqual([true, true]);
    expect(many.high).toBeLessThan(few.high ?? Infinity);
    expect(boundOfRatios(freshRatios(), 0.05)).toEqual({ low: 0, high: null });
  });
});

describe("units", () => {
  test("nodes of one domain that fail together count once; both arms of a domain together do not count", () => {
    expect(play([{ canary: [0, 1, 2, 3], racks: 1 }]).signals["pull-failure"]?.units).toEqual({
      canary: 1,
      control: 0,
    });
    expect(play([{ canary: [0, 1, 2, 3] }]).signals["pull-failure"]?.units).toEqual({ canary: 4, control: 0 });
    const shared = look(10_000, { canary: [0], control: [0] });
    for (const arm of [shared.signals[0]?.arms.canary, shared.signals[0]?.arms.control])
      for (const one of arm ?? []) one.domain = "same";
    expect(observe(initialState(POLICY), shared, POLICY).signals["pull-failure"]?.units).toEqual({
      canary: 0,
      control: 0,
    });
  });

  test("one sick canary among many never halts alone", () => {
    expect(play(Array.from({ length: 2_000 }, () => ({ canary: [3] }))).alarm).toBeNull();
  });

  test("a window that comes again changes nothing", () => {
    const once = play([{ canary: [1] }]);
    expect(observe(once, look(10_000, { canary: [2] }), POLICY)).toBe(once);
  });
});

describe("verdicts", () => {
  const good = Array.from({ length: 60 }, () => ({}));
  const at = good.length * 10_000;

  test("harm halts, says why in both languages, and stays", () => {
    const state = play([{ canary: [0, 1, 2, 3, 4] }, { canary: [5, 6, 7, 8] }, { canary: [9, 10, 11] }, ...good]);
    const { verdict: kind, reason, decided } = verdict(state, POLICY, 630_000);
    expect([kind, decided.rule]).toEqual(["fail", "e-value"]);
    expect(reason.en).toMatch(/^Halted: pull-failure 12 on 12 canary nodes, 0 on 12 controls; e = [\d,]+ ≥ 1,000$/);
    expect(reason.zh).toContain("已停止");
  });

  test("no data, old data, data of few, an unseen path are never a pass", () => {
    expect(verdict(initialState(POLICY), POLICY, 0).verdict).toBe("inconclusive");
    expect(verdict(play(good), POLICY, at + 31_000).decided.rule).toBe("stale");
    expect(verdict(play([...good, { stale: 5 }]), POLICY, at + 10_000).verdict).toBe("inconclusive");
    const unseen = verdict(play(good.map(() => ({ pathRan: 0 }))), POLICY, at);
    expect([unseen.verdict, unseen.decided.rule]).toEqual(["inconclusive", "path-not-seen"]);
  });

  test("the end of the soak passes only where the policy lets it", () => {
    expect(verdict(play(good.slice(1)), POLICY, at - 10_000).verdict).toBe("wait");
    expect(verdict(play(good), POLICY, at).verdict).toBe("pass");
    expect(verdict(play(good), { ...POLICY, atTimeLimit: "pause" }, at).verdict).toBe("inconclusive");
  });

  test("a hard signal halts at once, unless the node was sick before or its domain's controls show it too", () => {
    const died: HardSignal = {
      id: "module-died",
      node: "c1",
      domain: "r1",
      arm: "canary",
      wasWell: true,
      what: { en: "containerd died", zh: "containerd 退出" },
    };
    expect(verdict(play([{ hard: [died] }]), POLICY, 10_000).decided.rule).toBe("hard-signal");
    expect(verdict(play([{ hard: [{ ...died, wasWell: false }] }]), POLICY, 10_000).verdict).toBe("wait");
    const shared = verdict(play([{ hard: [died, { ...died, arm: "control", node: "k1" }] }]), POLICY, 10_000);
    expect([shared.verdict, shared.decided.rule]).toEqual(["inconclusive", "shared-cause"]);
  });

  test("a state survives JSON", () => {
    const state = play([{ canary: [1] }, { control: [2] }]);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });
});

describe("leaks", () => {
  const policy: SequentialPolicy = { ...POLICY, signals: [{ id: "memory", kind: "gauge" }] };
  const soak = (canaries: number, leak: number) => {
    let state = initialState(policy);
    for (let i = 1; i <= 180; i += 1) {
      const arm = (name: string, count: number, perLook: number): NodeReading[] =>
        Array.from({ length: count }, (_, n) => ({
          node: `${name}${n}`,
          domain: `${n}`,
          value: 100 + ((i * 7 + n * 13) % 5) * 0.05 + perLook * i,
        }));
      const signals = [
        { id: "memory", kind: "gauge" as const, arms: { canary: arm("c", canaries, leak), control: arm("k", 8, 0) } },
      ];
      const phase = i <= 12 ? ("before" as const) : ("after" as const);
      const full = { canary: canaries, control: 8 };
      state = observe(
        state,
        {
          at: i * 10_000,
          lengthMs: 10_000,
          phase,
          signals:
            phase === "before"
              ? signals.map((one) => ({ ...one, arms: { canary: arm("c", canaries, 0), control: arm("k", 8, 0) } }))
              : signals,
          pathRan: 1,
          expected: full,
          stale: { canary: 0, control: 0 },
        },
        policy,
      );
    }
    return state;
  };

  test.each([1, 5])("a slow leak on %d canaries is found, none without", (canaries) => {
    expect(soak(canaries, 0.2).alarm?.signals).toEqual(["memory"]);
    expect(soak(canaries, 0).alarm).toBeNull();
  });
});
