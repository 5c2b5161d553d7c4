// The budget: what it gives, what it refuses, and the sum that it shows.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ask, DEFAULT_BUDGET, maxUnavailable, standing } from "./budget.ts";
import type { BudgetAsk, BudgetPolicy, BudgetState } from "./types.ts";

const pool = (change: Partial<BudgetState> = {}): BudgetState => ({
  pool: "web",
  nodes: 50,
  sick: 0,
  leased: 0,
  domains: [],
  ...change,
});
const one: BudgetAsk = { domain: "a", isSick: false, isAutomatic: false };
const answer = (state: Partial<BudgetState>, asked: Partial<BudgetAsk> = {}, policy: Partial<BudgetPolicy> = {}) =>
  ask(pool(state), { ...DEFAULT_BUDGET, ...policy }, { ...one, ...asked });

describe("ask", () => {
  it("counts the sick, the ones under way and the asked one, and shows the sum", () => {
    expect(answer({ sick: 2, leased: 2, domains: ["a"] })).toMatchObject({
      isGranted: true,
      sum: { en: "pool web: 2 sick + 2 under way + 1 asked = 5 ≤ 5 of 50 (10 %)" },
    });
    expect(answer({ sick: 2, leased: 3, domains: ["a"] })).toMatchObject({
      isGranted: false,
      sum: {
        en: "pool web: 2 sick + 3 under way + 1 asked = 6 > 5 of 50 (10 %)",
        zh: "节点池 web：异常 2 + 处理中 3 + 申请 1 = 6 > 50 个中的 5 个（10 %）",
      },
    });
  });

  it("lets a sick node be mended where no well one may be taken, but not many at once", () => {
    expect(answer({ sick: 20 }).isGranted).toBe(false);
    expect(answer({ sick: 20 }, { isSick: true }).isGranted).toBe(true);
    expect(answer({ sick: 20, leased: 5, domains: ["a"] }, { isSick: true }).isGranted).toBe(false);
  });

  it("starts nothing by itself where more than a fifth is sick; a person may; in the smallest pool one may", () => {
    expect(answer({ sick: 11 }, { isSick: true, isAutomatic: true }).isGranted).toBe(false);
    expect(answer({ sick: 11 }, { isSick: true }).isGranted).toBe(true);
    expect(answer({ sick: 10 }, { isSick: true, isAutomatic: true }).isGranted).toBe(true);
    expect(answer({ nodes: 3, sick: 1 }, { isSick: true, isAutomatic: true }).isGranted).toBe(true);
  });

  it("keeps to one failure domain, and to what must stay", () => {
    expect(answer({ leased: 1, domains: ["b"] }).isGranted).toBe(false);
    expect(answer({ leased: 1, domains: ["b"] }, {}, { maxDomains: 2 }).isGranted).toBe(true);
    expect(answer({ nodes: 4 }, {}, { minAvailable: 4 }).isGranted).toBe(false);
    expect(answer({ nodes: 2, sick: 1 }, {}, { maxUnavailable: { nodes: 2 } }).isGranted).toBe(false);
    expect(answer({ nodes: 1 }).isGranted).toBe(true);
    expect(answer({ nodes: 0 }).isGranted).toBe(false);
  });

  it("never gives more than its maximum, whoever asks in whatever order", () => {
    const asked = fc.record({ domain: fc.constantFrom("a", "b"), isSick: fc.boolean(), isAutomatic: fc.boolean() });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 20 }),
        fc.array(asked),
        (nodes, ill, asks) => {
          let state = pool({ nodes, sick: Math.min(ill, nodes) });
          for (const each of asks) {
            if (each.isSick && state.sick === 0) continue;
            if (!ask(state, DEFAULT_BUDGET, each).isGranted) continue;
            state = {
              ...state,
              sick: state.sick - (each.isSick ? 1 : 0),
              leased: state.leased + 1,
              domains: [...state.domains, each.domain],
            };
            expect(state.leased).toBeLessThanOrEqual(maxUnavailable(DEFAULT_BUDGET, nodes));
            if (!each.isSick)
              expect(state.sick + state.leased).toBeLessThanOrEqual(maxUnavailable(DEFAULT_BUDGET, nodes));
            expect(new Set(state.domains).size).toBe(1);
          }
        },
      ),
    );
  });
});

describe("standing", () => {
  it("says how much is free", () => {
    expect(standing(pool({ sick: 2, leased: 1 }), DEFAULT_BUDGET)).toMatchObject({
      max: 5,
      free: 2,
      sum: { en: "pool web: 2 sick + 1 under way = 3 ≤ 5 of 50 (10 %)" },
    });
    expect(standing(pool({ sick: 9 }), DEFAULT_BUDGET)).toMatchObject({ free: 0 });
  });
});
