// Makes a simulated world from a seed: a small fleet with zones, pools, sick and protected nodes, and one to three rollouts over it.
import { DEFAULT_BUDGET } from "../budget.ts";
import { hash53, randomFrom } from "../hash.ts";
import { newTarget } from "../node.ts";
import { planWaves, targetText } from "../plan.ts";
import { defaultPolicy, validatePolicy } from "../policy.ts";
import { create } from "../step.ts";
import type { Candidate, Policy } from "../types.ts";
import { between, chance, pick, type SimNode, type SimRollout, type World } from "./world.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Monday 2026-03-02 08:00 UTC: nothing but a beginning. */
const BEGIN = Date.UTC(2026, 2, 2, 8);

export function makeWorld(seed: number, nodeCount: number | null): World {
  const world: World = {
    seed,
    random: randomFrom(seed),
    now: BEGIN,
    skewMs: 0,
    nodes: new Map(),
    rollouts: [],
    budgets: new Map(),
    last: null,
    grants: [],
    isOpen: false,
    lies: [],
    isFrozen: false,
    isJudgeDown: false,
    isWide: false,
    failRatio: 0.03,
    incidents: 0,
    steps: 0,
  };
  // Some worlds are wide and quiet: waves of dozens under way at once.
  world.isWide = nodeCount === null && chance(world, 0.2);
  if (chance(world, 0.3)) world.failRatio = world.isWide ? 0.06 : 0.2;
  const count =
    nodeCount ?? Math.floor(world.isWide ? between(world, 60, 100) : between(world, 2, chance(world, 0.1) ? 90 : 24));
  for (let i = 0; i < count; i += 1) addNode(world, i);
  for (const pool of ["web", "batch"])
    world.budgets.set(pool, {
      ...DEFAULT_BUDGET,
      maxUnavailable: chance(world, 0.5)
        ? { ratio: 0.1 + 0.3 * world.random() }
        : { nodes: 1 + Math.floor(world.random() * 4) },
      maxDomains: world.isWide ? 6 : pick(world, [1, 1, 2, 3]),
      minAvailable: pick(world, [0, 0, 1, 2, 4]),
    });
  const rollouts = world.isWide ? 1 : pick(world, [1, 1, 2, 3]);
  for (let i = 0; i < rollouts; i += 1) world.rollouts.push(makeRollout(world, i));
  return world;
}

/** A node that joins, well or not. */
export function addNode(world: World, number: number): SimNode {
  const node: SimNode = {
    id: `node-${number}`,
    pool: chance(world, 0.7) ? "web" : "batch",
    zone: pick(world, ["a", "b", "c"]),
    rack: pick(world, ["1", "2"]),
    stratum: pick(world, ["5.10", "6.1"]),
    health: chance(world, 0.88) ? "well" : pick(world, ["sick", "not-reporting", "unknown"] as const),
    isProtected: chance(world, 0.05),
    isGone: false,
    carries: new Set(),
    hurtBy: null,
    highest: 0,
    known: new Map(),
    generation: 0,
    lease: null,
  };
  world.nodes.set(node.id, node);
  return node;
}

function makeRollout(world: World, index: number): SimRollout {
  const acts = chance(world, 0.15) ? "on-sick" : "on-well";
  const isReversible = chance(world, 0.8);
  // Sometimes the inventory answers nothing at all: that must select nobody.
  const candidates: Candidate[] = chance(world, 0.03) ? [] : [...world.nodes.values()];
  const policy = makePolicy(world, candidates.length, isReversible);
  const plan = planWaves(candidates, policy, { seed: `seed-${world.seed}-${index}`, acts });
  const targets = plan.waves.flatMap(({ domain, nodeIds }, wave) =>
    nodeIds.flatMap((id) => {
      const node = world.nodes.get(id);
      return node ? [{ node, wave, domain, target: newTarget(), command: null, commands: [] }] : [];
    }),
  );
  return {
    index,
    owner: `rollout:${index}`,
    policy,
    acts,
    isAutomatic: acts === "on-sick" && chance(world, 0.7),
    isReversible,
    harm: !world.isWide && chance(world, 0.4) ? pick(world, [0.3, 0.7, 1]) : 0,
    plan,
    hash: hashOf(plan.waves.flatMap(({ nodeIds }) => nodeIds)),
    targets,
    byId: new Map(targets.map((target) => [target.node.id, target])),
    state: create(),
    events: [],
    truth: { soakedMs: 0, seenAt: BEGIN, owedSince: null, finalPhase: null, isFrozen: false, clockJumps: 0 },
  };
}

/** Stands for sha-256, which the host makes. */
export const hashOf = (ids: readonly string[]): string => hash53("targets", targetText(ids)).toString(16);

/** A policy that the engine's own rules let through; what they should not let through is tried too. */
function makePolicy(world: World, count: number, isReversible: boolean): Policy {
  const base = defaultPolicy({
    risk: pick(world, ["safe", "disruptive", "destructive"] as const),
    count,
    lane: chance(world, 0.3) ? "fast" : "normal",
    isReversible,
  });
  const judgeEveryMs = pick(world, [10, 20]) * SECOND;
  const policy: Policy = {
    ...base,
    first: pick(world, [1, 1, 2]),
    growth: pick(world, [1.5, 2, 3]),
    domain: world.isWide ? "none" : pick(world, ["zone", "zone", "rack", "none"] as const),
    soakMs: pick(world, [60, 90, 180]) * SECOND,
    judgeEveryMs,
    judgeSilentMs: 6 * judgeEveryMs,
    applyTimeoutMs: 3 * MINUTE,
    maxErrors: world.isWide ? 5 : pick(world, [1, 2, 3, 5]),
    maxInFlight: pick(world, [1, 3, 10]),
    rehearse: isReversible && chance(world, 0.8),
    onFail: chance(world, 0.7) ? "roll-back" : "halt",
    gates: Array.from({ length: chance(world, 0.3) ? pick(world, [1, 2]) : 0 }, () => ({
      after: pick(world, [0, "each"] as const),
      kind: "manual",
    })),
    windows: chance(world, 0.2)
      ? [{ days: [0, 1, 2, 3, 4, 5, 6], from: 8 * 60, to: 8 * 60 + pick(world, [15, 40]), timeZone: "UTC" }]
      : [],
  };
  const judge = { ...policy.judge, minExposureMs: pick(world, [0, 60, 600]) * SECOND };
  const bold: Policy = chance(world, 0.1)
    ? pick(world, [
        { ...policy, growth: 8 },
        { ...policy, soakMs: 0 },
        { ...policy, maxErrors: 0 },
        { ...policy, judge: { ...judge, alpha: 0.2 } },
      ])
    : { ...policy, judge };
  return validatePolicy(bold).length === 0 ? bold : { ...policy, judge };
}
