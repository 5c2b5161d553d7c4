// The engine in simulated worlds: every invariant after every step, and the same world twice is the same bit for bit.
import { describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";

const SEEDS = 250;
const told = (seed: number) => simulate(seed).violations.map(({ id, detail }) => `seed ${seed}: ${id} (${detail})`);

describe("simulated rollouts", () => {
  it(`hold every invariant over ${SEEDS} seeds, reach every end, and meet thousands of faults`, () => {
    const ends = new Set<string>();
    let incidents = 0;
    const violations: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { outcome, violations: found } = simulate(seed);
      for (const phase of outcome.phases) ends.add(phase);
      incidents += outcome.incidents;
      violations.push(...found.map(({ id, detail }) => `seed ${seed}: ${id} (${detail})`));
    }
    expect(violations).toEqual([]);
    expect([...ends]).toEqual(expect.arrayContaining(["succeeded", "rolled-back", "aborted"]));
    expect(incidents).toBeGreaterThan(10_000);
  });

  it("are the same bit for bit when they are run again, and others for other seeds", () => {
    const hashes = (from: number) => Array.from({ length: 20 }, (_, i) => simulate(from + i).outcome.logHash);
    expect(hashes(9_000)).toEqual(hashes(9_000));
    expect(new Set(hashes(9_000)).size).toBe(20);
  });

  // Seeds that found something once.
  it("does not hold the time in which nothing was there to judge against the judge (first canary on its way back)", () => {
    expect(told(555)).toEqual([]);
    expect(told(1_678)).toEqual([]);
  });
});
