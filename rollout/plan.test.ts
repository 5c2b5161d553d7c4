// Plans: who comes in, in what sizes, in which domains, and that chance is the same chance each time.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planWaves, targetText } from "./plan.ts";
import { defaultPolicy } from "./policy.ts";
import type { Candidate, Policy } from "./types.ts";

const policyFor = (count: number, change: Partial<Policy> = {}): Policy => ({
  ...defaultPolicy({ risk: "safe", count, lane: "normal", isReversible: true }),
  ...change,
});
const options = { seed: "s", acts: "on-well" } as const;
const node = (i: number, change: Partial<Candidate> = {}): Candidate => ({
  id: `n${i}`,
  pool: "web",
  zone: `z${i % 3}`,
  rack: `r${i % 7}`,
  stratum: i % 4 === 0 ? "old" : "new",
  health: "well",
  isProtected: false,
  ...change,
});
const fleet = (count: number, change: (i: number) => Partial<Candidate> = () => ({})) =>
  Array.from({ length: count }, (_, i) => node(i, change(i)));
const sizes = (candidates: readonly Candidate[], policy: Policy) =>
  planWaves(candidates, policy, options).waves.map(({ nodeIds }) => nodeIds.length);

describe("planWaves", () => {
  it("selects nobody of nobody, and nobody where all are left out", () => {
    expect(planWaves([], policyFor(0), options)).toEqual({ count: 0, waves: [], skipped: [] });
    const all = fleet(5, () => ({ isProtected: true }));
    expect(planWaves(all, policyFor(5), options)).toMatchObject({ count: 0, waves: [] });
  });

  it("grows by three from one node, or a thousandth", () => {
    expect(sizes(fleet(12), policyFor(12, { domain: "none" }))).toEqual([1, 3, 8]);
    expect(sizes(fleet(5_000), policyFor(5_000, { domain: "none" }))[0]).toBe(5);
    expect(sizes(fleet(40), policyFor(40, { domain: "none", growth: 1.5 }))).toEqual([1, 2, 3, 5, 8, 12, 9]);
    expect(sizes(fleet(40), policyFor(40, { domain: "none", waveMax: 10 }))).toEqual([1, 3, 9, 10, 10, 7]);
  });

  it("never takes the whole first, where there is more than one", () => {
    expect(sizes(fleet(2), policyFor(2, { first: 50, domain: "none" }))).toEqual([1, 1]);
    expect(sizes(fleet(1), policyFor(1))).toEqual([1]);
  });

  it("leaves alone who is not surely fit, and says why", () => {
    const mixed = [
      node(0),
      node(1, { health: "sick" }),
      node(2, { health: "not-reporting" }),
      node(3, { health: "unknown" }),
      node(4, { isProtected: true }),
    ];
    const { count, skipped } = planWaves(mixed, policyFor(5), options);
    expect(count).toBe(1);
    expect(skipped.map(({ reason }) => reason)).toEqual(["sick-before", "not-reporting", "unknown", "protected"]);
    const repair = planWaves(mixed, policyFor(5), { ...options, acts: "on-sick" });
    expect(repair.waves).toEqual([{ domain: "z1", nodeIds: ["n1"] }]);
    expect(repair.skipped).toContainEqual({ id: "n0", reason: "not-needed" });
  });

  it("takes waves one after another from different domains, and leaves small rests for the end", () => {
    const { waves } = planWaves(fleet(300), policyFor(300), options);
    const firsts = waves.slice(0, 4).map(({ domain }) => domain);
    expect(firsts.every((domain, i) => domain !== firsts[i - 1])).toBe(true);
    const lopsided = fleet(105, (i) => ({ zone: i < 100 ? "big" : "tiny" }));
    expect(sizes(lopsided, policyFor(105))).toEqual(expect.arrayContaining([27]));
  });

  it("is the same sample of each stratum, to a node", () => {
    const { waves } = planWaves(fleet(4_000), policyFor(4_000, { first: 40, domain: "none" }), options);
    const old = new Set(
      fleet(4_000)
        .filter(({ stratum }) => stratum === "old")
        .map(({ id }) => id),
    );
    for (const { nodeIds } of waves.slice(0, 3)) {
      const share = nodeIds.filter((id) => old.has(id)).length;
      expect(Math.abs(share - nodeIds.length / 4)).toBeLessThan(1);
    }
  });

  it("keeps its canaries when a node joins, leaves or the order is another, and changes them with the seed", () => {
    const policy = policyFor(60, { first: 6, domain: "none" });
    const canaries = (candidates: readonly Candidate[], seed = "s") =>
      new Set(planWaves(candidates, policy, { ...options, seed }).waves[0]?.nodeIds);
    const less = (some: Set<string>, others: Set<string>) => [...some].filter((id) => !others.has(id));
    const base = canaries(fleet(60));
    expect(canaries(fleet(60).toReversed())).toEqual(base);
    expect(less(canaries([...fleet(60), node(60)]), base).length).toBeLessThanOrEqual(1);
    for (const gone of fleet(60))
      expect(less(base, canaries(fleet(60).filter(({ id }) => id !== gone.id))).length).toBeLessThanOrEqual(1);
    expect(canaries(fleet(60), "another")).not.toEqual(base);
  });

  it("gives out each fit node once, in waves of one domain that never grow by more than three", () => {
    const candidate = fc.record({
      id: fc.integer({ min: 0, max: 80 }).map((n) => `n${n}`),
      pool: fc.constant("web"),
      zone: fc.constantFrom("a", "b", "c", ""),
      rack: fc.constantFrom("1", "2", ""),
      stratum: fc.constantFrom("x", "y", "z"),
      health: fc.constantFrom("well" as const, "well" as const, "sick" as const, "unknown" as const),
      isProtected: fc.boolean(),
    });
    const change = fc.record({
      first: fc.integer({ min: 1, max: 5 }),
      growth: fc.double({ min: 1.1, max: 3, noNaN: true }),
      domain: fc.constantFrom("zone" as const, "rack" as const, "none" as const),
    });
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 120 }), change, fc.string(), (candidates, chosen, seed) => {
        const policy = policyFor(candidates.length, chosen);
        const { waves, skipped, count } = planWaves(candidates, policy, { seed, acts: "on-well" });
        const ids = waves.flatMap(({ nodeIds }) => nodeIds);
        const first = new Map(candidates.toReversed().map((one) => [one.id, one]));
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.length).toBe(count);
        expect(count + skipped.length).toBe(first.size);
        for (const id of ids) expect(first.get(id)).toMatchObject({ health: "well", isProtected: false });
        waves.forEach(({ nodeIds }, i) => {
          const before = waves[i - 1];
          if (before) expect(nodeIds.length).toBeLessThanOrEqual(3 * before.nodeIds.length);
          if (policy.domain === "zone") expect(new Set(nodeIds.map((id) => first.get(id)?.zone)).size).toBe(1);
        });
        if (count > 1) expect(waves[0]?.nodeIds.length).toBeLessThan(count);
      }),
    );
  });
});

describe("targetText", () => {
  it("does not depend on order or doubles", () => {
    expect(targetText(["b", "a", "b"])).toBe("a\nb");
    expect(targetText([])).toBe("");
  });
});
