// What is counted: a heartbeat that was due and not answered is lost, unless its node left by plan; several processes count as one.
import { describe, expect, it } from "vitest";
import { split, sumUp } from "./generators.ts";
import { lostOf } from "./result.ts";
import { add } from "./spread.ts";
import { emptyTally } from "./world.ts";

const tally = (over: Partial<ReturnType<typeof emptyTally>>) => ({ ...emptyTally(), ...over });

describe("lost heartbeats", () => {
  it.each([
    { name: "all answered", counted: { due: 10, answered: 10 }, lost: 0 },
    { name: "one without an answer", counted: { due: 10, answered: 9 }, lost: 1 },
    { name: "its node left by plan before the answer", counted: { due: 10, answered: 9, cutOff: 1 }, lost: 0 },
    { name: "not sent for want of a session", counted: { due: 10, answered: 7, missed: 3 }, lost: 3 },
  ])("$name", ({ counted, lost }) => {
    expect(lostOf(tally(counted))).toBe(lost);
  });
});

describe("several processes", () => {
  it("split a fleet without losing a node", () => {
    expect(split(10, 3)).toEqual([3, 3, 4]);
    expect(split(100_000, 6).reduce((sum, count) => sum + count, 0)).toBe(100_000);
    expect(split(2, 3).reduce((sum, count) => sum + count, 0)).toBe(2);
  });

  it("are summed up, losses by reason", () => {
    const [a, b] = [tally({ due: 3, losses: { reset: 1 } }), tally({ due: 4, losses: { reset: 2, closed: 1 } })];
    add(a.beats, 5);
    add(b.beats, 9);
    const sum = sumUp([a, b]);
    expect(sum).toMatchObject({ due: 7, losses: { reset: 3, closed: 1 } });
    expect(sum.beats).toMatchObject({ count: 2, max: 9 });
  });
});
