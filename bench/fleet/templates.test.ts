// Facts of simulated nodes: the gateway takes each of them, hashes differ where contents do, and times are of now.
import { describe, expect, it } from "vitest";
import { factHash } from "../../agent/link/facts-outbox.ts";
import { factSchemas } from "../../protocol/facts.ts";
import { makeTemplates } from "./templates.ts";

const NOW = Date.UTC(2027, 5, 1);
const own = { name: "sim-1", machineId: "m1", bootId: "b1", address: "10.0.0.1" };

describe("facts of a simulated node", () => {
  const { kinds, moving, fact, hash } = makeTemplates(NOW);

  it("fit their schemas in every variant, with the hash of their content", () => {
    for (const [i, kind] of kinds.entries())
      for (const variant of [0, 1, 15, 255]) {
        const { data, hash: sent } = fact(i, variant, own, NOW);
        expect(factSchemas[kind].safeParse(data).error, kind).toBeUndefined();
        expect(sent).toBe(factHash(data, null));
        expect(hash(i, variant, own)).toBe(sent);
      }
  });

  it("change from one variant to the next, where they move at all", () => {
    expect(moving.length).toBeGreaterThan(5);
    for (const kind of moving) expect(hash(kind, 4, own)).not.toBe(hash(kind, 5, own));
  });

  it("name their node, and say so when it has booted again", () => {
    const identity = kinds.indexOf("identity");
    expect(fact(identity, 0, own, NOW).data).toMatchObject({
      hostname: "sim-1",
      bootId: "b1",
      addresses: ["10.0.0.1"],
    });
    expect(hash(identity, 0, { ...own, bootId: "b2" })).not.toBe(hash(identity, 0, own));
  });

  it("tell times of now, not of the fixtures", () => {
    const { bootedAt } = fact(kinds.indexOf("identity"), 0, own, NOW).data as { bootedAt: number };
    expect(NOW - bootedAt).toBe(10 * 3_600_000);
  });
});
