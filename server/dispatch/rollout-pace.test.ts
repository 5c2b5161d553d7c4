// How fast accepted rollouts may reach new nodes: never faster than waves of the signed policy with the shortest soak between them, in spite of restarts.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { planWaves } from "../../rollout/plan.ts";
import { defaultPolicy } from "../../rollout/policy.ts";
import { RolloutPace, reachable, readPolicy } from "./rollout-pace.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nodeops-pace-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const base = defaultPolicy({ risk: "disruptive", count: 100, lane: "normal", isReversible: true });
const policyOf = (over: object = {}) => {
  const policy = readPolicy({ ...base, ...over });
  if (!policy) throw new Error("no policy");
  return policy;
};

/** Begins as many of `nodes` as may be begun now. @returns how many are begun in all */
function beginAll(pace: RolloutPace, nodes: readonly string[], now: number, policy = policyOf()): number {
  let begun = 0;
  for (const nodeId of nodes) {
    const about = { policy, count: nodes.length, nodeId, runId: `run of ${nodeId}`, direction: "apply" };
    if (pace.holds("r", about, now) !== null) continue;
    pace.begin("r", nodeId, about.runId, now);
    begun += 1;
  }
  pace.flush(now);
  return begun;
}
const nodes = Array.from({ length: 100 }, (_, i) => `n${i}`);

describe("pace", () => {
  it("is that of the waves, one minute apart, also over restarts", () => {
    const counts: number[] = [];
    for (let minute = 0; minute < 5; minute += 1) {
      const pace = new RolloutPace(folder);
      counts.push(beginAll(pace, nodes, minute * 60_000));
      expect(beginAll(pace, nodes, minute * 60_000 + 59_999)).toBe(counts.at(-1));
    }
    expect(counts).toEqual([1, 4, 16, 64, 100]);
  });

  it("is the fast lane's where that was signed, and never more than the largest wave", () => {
    const fast = new RolloutPace(folder);
    const policy = policyOf({ lane: "fast", waveMax: 5 });
    expect([0, 19_999, 20_000, 40_000, 60_000].map((at) => beginAll(fast, nodes, at, policy))).toEqual([
      1, 1, 4, 9, 14,
    ]);
  });

  it("holds up no rollout that keeps to its plan", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 400 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(2, 2.5, 3),
        fc.constantFrom(null, 7, 50),
        (count, first, zones, growth, waveMax) => {
          const policy = { ...base, first, growth, waveMax };
          const candidates = Array.from({ length: count }, (_, i) => {
            const zone = `z${i % zones}`;
            return { id: `n${i}`, pool: "p", zone, rack: "", stratum: "", health: "well" as const, isProtected: false };
          });
          const { waves } = planWaves(candidates, policy, { seed: "s", acts: "on-well" });
          let settled = 0;
          for (const { nodeIds } of waves) {
            expect(settled + nodeIds.length).toBeLessThanOrEqual(reachable(policyOf(policy), count, settled));
            settled += nodeIds.length;
          }
        },
      ),
    );
  });

  it("stops at a record that cannot be read, and not at one that a crash cut off", () => {
    beginAll(new RolloutPace(folder), nodes, 0);
    appendFileSync(join(folder, "r.begun"), '{"at":1,"be');
    expect(beginAll(new RolloutPace(folder), nodes, 1)).toBe(1);
    writeFileSync(join(folder, "r.begun"), '{"at":1}\n');
    expect(() => beginAll(new RolloutPace(folder), nodes, 2)).toThrow("line 1 is damaged");
  });

  it("forgets what is over", () => {
    const pace = new RolloutPace(folder);
    beginAll(pace, nodes, 0);
    pace.forget("r");
    expect(beginAll(new RolloutPace(folder), nodes, 1)).toBe(1);
  });
});
