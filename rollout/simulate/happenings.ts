// What happens in a simulated world, one thing after the other: ticks, messages, verdicts, people, bad luck – and what the host is told of it.
import { dueAt, isFinal } from "../step.ts";
import type { Event, Moved } from "../types.ts";
import { deliver, type Happening, hear, hurt, run, sweep } from "./agents.ts";
import { decideGate, judge, person, wreak } from "./chance.ts";
import type { Queue } from "./queue.ts";
import { between, chance, clock, type SimNode, type SimRollout, type World } from "./world.ts";

const HOUR = 3_600_000;

export type Stage = {
  world: World;
  queue: Queue<Happening>;
  /** Gives the host one event. */
  take: (rollout: SimRollout, event: Event) => void;
  /** Tells the host's engine what moved, if anything did. */
  moved: (rollout: SimRollout, moves: readonly Moved[]) => void;
};

type AboutRollout = Extract<Happening, { rollout: number }>;
type AboutCommand = Extract<Happening, { command: unknown }>;
type AboutNode = Exclude<Extract<Happening, { nodeId: string }>, AboutRollout>;

/** Lets one thing happen. */
export function happen(stage: Stage, what: Happening): void {
  const { world } = stage;
  if ("rollout" in what) aboutRollout(stage, what, world.rollouts[what.rollout]);
  else if ("command" in what) aboutCommand(stage, what, world.rollouts[what.command.rollout]);
  else if ("nodeId" in what) aboutNode(what, world.nodes.get(what.nodeId));
  else aboutAll(stage, what);
}

function aboutAll(
  { world, queue, take, moved }: Stage,
  what: Exclude<Happening, AboutRollout | AboutCommand | AboutNode>,
): void {
  switch (what.type) {
    case "sweep":
      for (const rollout of world.rollouts) moved(rollout, sweep(world, queue, rollout));
      queue.push(world.now + 5_000, what);
      return;
    case "chaos":
      for (const [rollout, event] of wreak(world, queue)) take(rollout, event);
      queue.push(world.now + between(world, 10_000, world.isWide ? 1_200_000 : 180_000), what);
      return;
    case "undo":
      if (what.what === "judge") world.isJudgeDown = false;
      else world.isFrozen = false;
      return;
  }
}

function aboutRollout(stage: Stage, what: AboutRollout, rollout: SimRollout | undefined): void {
  const { world, queue, take } = stage;
  if (!rollout) return;
  switch (what.type) {
    case "tick":
      tick(stage, rollout);
      return;
    case "verdict":
      take(rollout, judge.answer(world, rollout, what.wave));
      return;
    case "gate":
      take(rollout, decideGate(world, what.after, what.nth));
      return;
    case "hurt": {
      const target = hurt(world, what.rollout, what.nodeId);
      if (target && chance(world, 0.6))
        take(rollout, { at: clock(world), type: "hard-signal", wave: target.wave, why: judge.HURT });
      return;
    }
    case "person":
      if (isFinal(rollout.state.phase)) return;
      for (const event of person(world, rollout)) take(rollout, event);
      queue.push(world.now + between(world, 30_000, 600_000), what);
      return;
  }
}

function aboutCommand({ world, queue, moved }: Stage, what: AboutCommand, rollout: SimRollout | undefined): void {
  const { command } = what;
  switch (what.type) {
    case "deliver":
      if (command.state === "queued") command.state = "sent";
      if (command.state !== "over") deliver(world, queue, command);
      return;
    case "run":
      if (rollout) run(world, queue, rollout, command);
      return;
    case "hear":
      if (rollout) moved(rollout, hear(world, rollout, what));
      return;
  }
}

function aboutNode(what: AboutNode, node: SimNode | undefined): void {
  if (!node) return;
  if (what.type === "heal" && node.hurtBy === null && node.health !== "unknown") node.health = "well";
  if (what.type === "uncordon" && node.lease?.kind === "cordon") node.lease = null;
}

function tick({ world, queue, take }: Stage, rollout: SimRollout): void {
  if (isFinal(rollout.state.phase)) return;
  if (rollout.state.phase === "running" || rollout.state.phase === "rolling-back")
    take(rollout, { at: clock(world), type: "tick" });
  const due = dueAt(rollout.state, rollout.policy);
  const wait = due === null ? 30_000 : Math.max(1_000, Math.min(due - clock(world), 4 * HOUR));
  queue.push(world.now + wait, { type: "tick", rollout: rollout.index });
}

/** From draft to the start, with what can go wrong on the way: no targets, other targets, a selection that has changed. */
export function begins(world: World, rollout: SimRollout, take: (rollout: SimRollout, event: Event) => void): void {
  const at = clock(world);
  const { plan, hash, isReversible } = rollout;
  const waves = plan.waves.map(({ domain, nodeIds }) => ({ domain, size: nodeIds.length, skipped: 0 }));
  if (waves.length > 0 && chance(world, 0.03))
    take(rollout, {
      at,
      type: "planned",
      plan: { targetHash: hash, waves: [...waves, { domain: "", size: 0, skipped: 0 }] },
      isReversible,
    });
  take(rollout, { at, type: "planned", plan: { targetHash: hash, waves }, isReversible });
  if (chance(world, 0.05)) take(rollout, { at, type: "approved", targetHash: "other", by: ["mallory"] });
  take(rollout, { at, type: "approved", targetHash: hash, by: ["alice"] });
  const live = { targetHash: hash, count: plan.count, missing: 0 };
  const wrong = [
    { ...live, targetHash: "other" },
    { ...live, count: plan.count * 2 },
    { ...live, missing: plan.count },
  ];
  for (const one of wrong) if (chance(world, 0.1)) take(rollout, { at, type: "start", live: one, by: "alice" });
  take(rollout, { at, type: "start", live, by: "alice" });
}
