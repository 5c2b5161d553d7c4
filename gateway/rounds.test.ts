// Shares of sessions: a small fleet whole each time, a large one within a round, nobody left out.
import { describe, expect, it } from "vitest";
import { createRounds, ROUND } from "./rounds.ts";

const ids = (count: number) => Array.from({ length: count }, (_, i) => `node-${i}`);

describe("rounds", () => {
  it("hand out a small fleet whole, each time", () => {
    const rounds = createRounds();
    for (let i = 0; i < 3; i += 1) expect(rounds.next(() => ids(500))).toHaveLength(500);
  });

  it.each([501, 7_500, 7_501, 100_000])("hand out each of %i once in a round at most as long as promised", (count) => {
    const rounds = createRounds();
    const seen: string[] = [];
    for (let i = 0; i < ROUND && seen.length < count; i += 1) seen.push(...rounds.next(() => ids(count)));
    expect(seen.toSorted()).toEqual(ids(count).toSorted());
  });

  it("take in who came meanwhile with the next round", () => {
    const rounds = createRounds();
    let fleet = ids(600);
    const first = rounds.next(() => fleet);
    fleet = [...fleet, "late"];
    const second = rounds.next(() => fleet);
    expect([...first, ...second]).not.toContain("late");
    expect([...rounds.next(() => fleet), ...rounds.next(() => fleet)]).toContain("late");
  });
});
