// Rates and spread: bursts end, buckets fill again, and what a ledger tells after a restart counts as if it had been seen.
import { describe, expect, it } from "vitest";
import { type Kind, Limits, type Taken } from "./limits.ts";
import { defaultPolicy } from "./policy.ts";

const MINUTE = 60_000;
const START = 1_700_000_000_000;

/** As many as go at this moment, at most `max`; node names from `nodeOf`. */
function drain(
  limits: Limits,
  kind: Kind,
  at: number,
  max: number,
  nodeOf: (i: number) => string,
  nodeCount = 10_000,
): Taken[] {
  const taken: Taken[] = [];
  limits.tidy(at);
  for (let i = 0; i < max; i += 1) {
    const one = { at, nodeId: nodeOf(i), kind };
    if (limits.reached(kind, one.nodeId, nodeCount, at) !== null) continue;
    limits.take(one);
    taken.push(one);
  }
  return taken;
}

describe("limits of what needs no approval", () => {
  it("one node: a burst of 30 changes, then one a minute", () => {
    const limits = new Limits(defaultPolicy());
    expect(drain(limits, "change", START, 200, () => "a")).toHaveLength(30);
    expect(limits.reached("change", "a", 10_000, START)).toBe("node-rate");
    expect(drain(limits, "change", START + 59_000, 200, () => "a")).toHaveLength(0);
    expect(drain(limits, "change", START + 5 * MINUTE, 200, () => "a")).toHaveLength(5);
  });

  it("fleet: a burst of 60 changes, then thirty a minute", () => {
    const limits = new Limits(defaultPolicy());
    expect(drain(limits, "change", START, 1_000, (i) => `n${i % 150}`)).toHaveLength(60);
    expect(limits.reached("change", "n0", 10_000, START)).toBe("fleet-rate");
    expect(drain(limits, "change", START + MINUTE, 1_000, (i) => `n${i % 150}`)).toHaveLength(30);
  });

  it("looks have buckets of their own and change no node", () => {
    const limits = new Limits(defaultPolicy());
    expect(drain(limits, "evidence", START, 1_000, () => "a")).toHaveLength(40);
    expect(drain(limits, "evidence", START, 1_000, (i) => `n${i}`, 1)).toHaveLength(200);
    expect(limits.reached("change", "a", 1, START)).toBeNull();
  });

  it("different nodes: ten in a small fleet, five per cent of a large one, never more than two hundred", () => {
    const spread = (nodeCount: number) => new Limits(defaultPolicy()).spreadMax(nodeCount);
    expect([1, 200, 1_000, 4_000, 100_000].map(spread)).toEqual([10, 10, 50, 200, 200]);
    const limits = new Limits(defaultPolicy());
    expect(new Set(drain(limits, "change", START, 50, (i) => `n${i}`, 20).map(({ nodeId }) => nodeId)).size).toBe(10);
    expect(limits.reached("change", "another", 20, START)).toBe("spread");
    expect(limits.reached("change", "n0", 20, START)).toBeNull();
    limits.tidy(START + 10 * MINUTE);
    expect(limits.reached("change", "another", 20, START + 10 * MINUTE)).toBeNull();
  });

  it("an hour of greed stays inside burst and rate", () => {
    const limits = new Limits(defaultPolicy());
    let changes = 0;
    for (let at = START; at <= START + 60 * MINUTE; at += 5_000)
      changes += drain(limits, "change", at, 50, (i) => `n${i}`).length;
    expect(changes).toBeLessThanOrEqual(60 + 60 * 30);
    expect(changes).toBeGreaterThan(60 * 29);
  });

  it("a restart forgets nothing: what the ledger tells leaves the same room", () => {
    const before = new Limits(defaultPolicy());
    const taken = [0, 1, 2].flatMap((minute) =>
      drain(before, "change", START + minute * MINUTE, 40, (i) => `n${i % 4}`),
    );
    const after = new Limits(defaultPolicy());
    for (const one of taken) after.take(one);
    const at = START + 3 * MINUTE;
    const nodeOf = (i: number) => `n${i % 4}`;
    expect(drain(after, "change", at, 200, nodeOf).length).toBe(drain(before, "change", at, 200, nodeOf).length);
  });

  it("a clock that goes back gives nothing away", () => {
    const limits = new Limits(defaultPolicy());
    drain(limits, "change", START, 200, () => "a");
    expect(drain(limits, "change", START - 60 * MINUTE, 200, () => "a")).toHaveLength(0);
    expect(drain(limits, "change", START, 200, () => "a")).toHaveLength(0);
  });
});
