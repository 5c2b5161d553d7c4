// What nobody planned: people who pause, promote and give up, a judge that is wrong, silent or blind, nodes that fall ill, freezes, cordons, clocks that jump.
import { ask } from "../budget.ts";
import type { Event } from "../types.ts";
import { words } from "../words.ts";
import type { Happening } from "./agents.ts";
import { addNode } from "./make.ts";
import type { Queue } from "./queue.ts";
import { between, budgetState, chance, clock, pick, type SimRollout, type World } from "./world.ts";

const MINUTE = 60_000;
const WHY = words("by chance", "随机");

/** The judge: sees what nodes show, mostly rightly. */
export const judge = {
  HURT: words("A changed node fell ill.", "已变更的节点出现异常。"),
  ask(world: World, queue: Queue<Happening>, rollout: SimRollout, wave: number): void {
    if (world.isJudgeDown || chance(world, 0.02)) return;
    queue.push(world.now + between(world, 100, 3_000), { type: "verdict", rollout: rollout.index, wave });
  },
  answer(world: World, rollout: SimRollout, wave: number): Event {
    const at = clock(world);
    const isStale = chance(world, 0.004);
    if (isStale) world.incidents += 1;
    const dataAt = isStale ? at - 10 * rollout.policy.judgeEveryMs : at - Math.floor(between(world, 0, 9_000));
    const isHurt = rollout.targets.some(({ node, wave: of }) => of === wave && node.hurtBy === rollout.index);
    const isWrong = chance(world, 0.001);
    if (isWrong) world.incidents += 1;
    const isFail = isHurt !== isWrong;
    const verdict = isFail ? "fail" : chance(world, 0.004) ? "inconclusive" : chance(world, 0.1) ? "wait" : "pass";
    return { at, type: "judged", wave, verdict, why: WHY, dataAt };
  },
};

/** Somebody, or a webhook, decides about a gate. */
export const decideGate = (world: World, after: number, nth: number): Event => ({
  at: clock(world),
  type: "gate",
  after: chance(world, 0.05) ? after + 1 : after,
  isOpen: chance(world, 0.9),
  by: "carol",
  why: WHY,
  nth,
});

/** What a person does now; mostly nothing while it runs, something when it stands. */
export function person(world: World, { state }: SimRollout): Event[] {
  const at = clock(world);
  const by = "bob";
  const resume: Event = { at, type: "resume", by, why: WHY };
  const retry: Event = { at, type: "retry", by, why: WHY };
  const abort: Event = { at, type: "abort", by, why: WHY };
  const back: Event = { at, type: "roll-back", by, why: WHY };
  const promote: Event = { at, type: "promote", by, persons: chance(world, 0.3) ? 2 : 1, why: WHY, wave: state.wave };
  const pause: Event = { at, type: "pause", by, why: WHY };
  world.incidents += 1;
  if (state.phase === "running")
    return chance(world, 0.85) ? [] : [pick(world, [pause, pause, promote, promote, promote, back, retry, abort])];
  if (state.phase === "paused" || state.phase === "halted") {
    // While it is frozen, the host takes nothing that would go on.
    if (world.isFrozen) return chance(world, 0.2) ? [abort] : [];
    return pick(world, [
      [resume],
      [resume],
      [resume],
      [retry, resume],
      [retry, resume],
      [retry],
      [back],
      [promote],
      chance(world, 0.3) ? [abort] : [],
    ]);
  }
  if (state.phase === "rolling-back") return chance(world, 0.1) ? [pick(world, [pause, abort])] : [];
  return chance(world, 0.01) ? [abort] : [];
}

/** One piece of bad luck. Returns what rollouts are told of it. */
export function wreak(world: World, queue: Queue<Happening>): [SimRollout, Event][] {
  world.incidents += 1;
  const at = clock(world);
  const node = pick(world, [...world.nodes.values()]);
  switch (
    pick(world, [
      "ill",
      "ill",
      "leave",
      "join",
      "jump",
      "freeze",
      "judge",
      "cordon",
      "cordon",
      "replan",
      "late",
    ] as const)
  ) {
    case "ill":
      if (node.health === "well") node.health = pick(world, ["sick", "not-reporting"] as const);
      queue.push(world.now + between(world, MINUTE, 60 * MINUTE), { type: "heal", nodeId: node.id });
      return [];
    case "leave":
      if (chance(world, 0.3)) {
        node.isGone = true;
        node.health = "not-reporting";
      }
      return [];
    case "join":
      addNode(world, world.nodes.size);
      return [];
    case "jump":
      world.skewMs += pick(world, [-1, 1]) * between(world, 1_000, 10 * MINUTE);
      for (const { truth } of world.rollouts) truth.clockJumps += 1;
      return [];
    case "freeze":
      if (!chance(world, 0.2)) return [];
      world.isFrozen = true;
      queue.push(world.now + between(world, MINUTE, 20 * MINUTE), { type: "undo", what: "freeze" });
      return world.rollouts.map((rollout) => [rollout, { at, type: "freeze", why: WHY }]);
    case "judge":
      world.isJudgeDown = true;
      queue.push(world.now + between(world, MINUTE, 10 * MINUTE), { type: "undo", what: "judge" });
      return [];
    case "cordon":
      cordon(world, queue, node.id);
      return [];
    case "replan": {
      // A plan for something that is under way, or over: it is what it was approved as.
      const rollout = pick(world, world.rollouts);
      const plan = { targetHash: "other", waves: [{ domain: "", size: 3, skipped: 0 }] };
      return rollout.state.startedAt === null ? [] : [[rollout, { at, type: "planned", plan, isReversible: true }]];
    }
    case "late": {
      const rollout = pick(world, world.rollouts);
      const wave = Math.floor(world.random() * (rollout.state.waves.length + 1));
      const verdict = chance(world, 0.8) ? "pass" : "inconclusive";
      return [[rollout, { at, type: "judged", wave, verdict, why: WHY, dataAt: at - 5 * MINUTE }]];
    }
  }
}

/** A person takes a node out of use, within the same budget. */
function cordon(world: World, queue: Queue<Happening>, nodeId: string): void {
  const node = world.nodes.get(nodeId);
  const policy = node ? world.budgets.get(node.pool) : undefined;
  if (!node || !policy || node.lease || node.isGone) return;
  const before = budgetState(world, node.pool);
  const asked = { domain: node.zone, isSick: node.health !== "well", isAutomatic: false };
  if (!ask(before, policy, asked).isGranted) return;
  node.lease = { owner: "user:dave", kind: "cordon", domain: node.zone };
  queue.push(world.now + between(world, MINUTE, 30 * MINUTE), { type: "uncordon", nodeId });
}
