// The drill's order: every fault as often as told, by chance but repeatable, never the same on two nodes at once.
import { describe, expect, it } from "vitest";
import { type DrillRound, drillPlan, isPassed, nextFor, randomFrom, type SeenFinding, Watch } from "./drill.ts";

const ids = ["a", "b", "c", "d", "e", "f", "g", "h"];

describe("order", () => {
  it("has every fault as often as told, all first rounds before all second ones", () => {
    const plan = drillPlan(ids, 2, 7);
    expect(plan).toHaveLength(16);
    for (const half of [plan.slice(0, 8), plan.slice(8)]) expect(half.map((p) => p.id).sort()).toEqual(ids);
    expect(plan.map((p) => p.round)).toEqual([...Array(8).fill(1), ...Array(8).fill(2)]);
  });

  it("is another for another seed, and the same for the same", () => {
    const order = (seed: number) =>
      drillPlan(ids, 1, seed)
        .map((p) => p.id)
        .join("");
    expect(order(1)).toBe(order(1));
    expect(new Set([1, 2, 3, 4, 5].map(order)).size).toBeGreaterThan(1);
  });

  it("numbers lie in [0, 1) and differ", () => {
    const random = randomFrom(42);
    const numbers = Array.from({ length: 1_000 }, random);
    expect(numbers.every((n) => n >= 0 && n < 1)).toBe(true);
    expect(new Set(numbers).size).toBeGreaterThan(990);
  });
});

describe("next for a node", () => {
  const waiting = [{ id: "a" }, { id: "b" }, { id: "a" }];
  it.each([
    ["the first that runs nowhere", [], [], "a"],
    ["not one that runs on another node", ["a"], [], "b"],
    ["rather one that the node has not had", [], ["a"], "b"],
    ["one that it had when there is no other", ["b"], ["a"], "a"],
    ["none while all run elsewhere", ["a", "b"], [], null],
  ])("%s", (_, running, had, expected) => {
    expect(nextFor(waiting, new Set(running), new Set(had))?.id ?? null).toBe(expected);
  });
});

describe("a round", () => {
  const round: DrillRound = {
    ...{ id: "a", check: "c", node: "lab-1", round: 1, detectedAfterS: 3, repairedAfterS: 9 },
    ...{ diagnosed: null, repair: "r", verified: true, collateral: [], error: null },
  };
  it.each([
    ["passes", {}, true],
    ["not found", { detectedAfterS: null }, false],
    ["not verified", { verified: false }, false],
    ["something else changed", { collateral: ["pod web: process 1 became 2"] }, false],
    ["an error", { error: "not healthy" }, false],
  ])("%s", (_, over, expected) => expect(isPassed({ ...round, ...over })).toBe(expected));
});

describe("what is the machine's", () => {
  const finding = (checkId: string, node: string, isOpen = true): SeenFinding => ({
    ...{ id: `${checkId}-${node}`, node, checkId, subject: "s", isOpen },
  });
  const seen = async (nodes: string[], ...looks: SeenFinding[][]): Promise<Watch> => {
    const watch = new Watch({ findings: async () => looks.shift() ?? [] }, nodes);
    await watch.findings();
    return watch;
  };
  it("is a check that is open on every node at once", async () => {
    const watch = await seen(
      ["a", "b"],
      [finding("load", "a"), finding("load", "b"), finding("disk", "a"), finding("disk", "b", false)],
    );
    expect([watch.isMachines("load"), watch.isMachines("finding load (1) was open")]).toEqual([true, true]);
    expect([watch.isMachines("disk"), watch.isMachines("finding load-b (1) was open")]).toEqual([false, false]);
  });

  it("cannot be told on one node", async () => {
    expect((await seen(["a"], [finding("load", "a")])).isMachines("load")).toBe(false);
  });
});
