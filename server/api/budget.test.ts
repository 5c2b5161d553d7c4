import { expect, test } from "vitest";
import { type Actor, anonymous, systemActor } from "../core/context.ts";
import { MutationBudget } from "./budget.ts";

const token = (id: string): Actor => ({ kind: "token", id, name: id, grants: [], scopes: null, ownerId: null });

test("an actor has a burst, gets some back each second, and takes nothing from others", () => {
  let now = 0;
  const budget = new MutationBudget(() => now);
  /** How many of these are let through. */
  const allowed = (actor: Actor, tries: number): number => {
    let count = 0;
    for (let i = 0; i < tries; i += 1)
      try {
        budget.take(actor);
        count += 1;
      } catch (err) {
        expect(err).toMatchObject({ code: "too_many", http: 429 });
      }
    return count;
  };
  expect(allowed(token("a"), 300)).toBe(120);
  expect(allowed(token("b"), 1)).toBe(1);
  now += 1_000;
  expect(allowed(token("a"), 300)).toBe(20);
  now += 3_600_000;
  expect(allowed(token("a"), 300)).toBe(120);
  expect(allowed(systemActor("workers"), 300)).toBe(300);
  expect(allowed(anonymous, 300)).toBe(300);
});
