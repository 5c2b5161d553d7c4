// The planted mutants themselves: each fits the engine as it is, and invariants that the engine sees have one. `npm run test:mutants` hunts them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { invariants } from "../rollout/invariants.ts";
import { mutants } from "./mutant-list.ts";
import { mutate } from "./mutants.ts";

describe("mutants of the rollout engine", () => {
  it("fit exactly once each, and change something", () => {
    for (const mutant of mutants) {
      const source = readFileSync(join(import.meta.dirname, "../rollout", mutant.file), "utf8");
      expect(mutate(source, mutant)).not.toBe(source);
    }
  });

  it("are there for every invariant that the simulator asks", () => {
    const planted = new Set(mutants.map(({ invariant }) => invariant));
    const missing = invariants.map(({ id }) => id.replace(/[a-z]$/, "")).filter((id) => !planted.has(id));
    expect(missing).toEqual([]);
  });

  it("are refused when their text is not there, or is there twice", () => {
    const mutant = { invariant: "I-1", file: "x.ts", find: "a", replace: "b" };
    expect(() => mutate("none", { ...mutant, find: "zzz" })).toThrow(/0 times/);
    expect(() => mutate("aa", mutant)).toThrow(/2 times/);
  });
});
