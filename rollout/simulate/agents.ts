// The simulated nodes and the way to them: messages get lost, come twice, late and out of order; outcomes stay unknown; changes make nodes sick.

import type { Moved } from "../types.ts";
import { giveUp, isUnderWay, moveTarget, settleLease } from "./host.ts";
import type { Queue } from "./queue.ts";
import { between, chance, type SimCommand, type SimRollout, type SimTarget, type World } from "./world.ts";

export type Happening =
  | { type: "tick"; rollout: number }
  | { type: "deliver"; command: SimCommand }
  | { type: "run"; command: SimCommand }
  | { type: "hear"; command: SimCommand; says: "confirmed" | "done" | "failed" | "unknown" | "not-needed" }
  | { type: "hurt"; rollout: number; nodeId: string }
  | { type: "verdict"; rollout: number; wave: number }
  | { type: "gate"; rollout: number; after: number; nth: number }
  | { type: "sweep" }
  | { type: "chaos" }
  | { type: "person"; rollout: number }
  | { type: "undo"; what: "judge" | "freeze" }
  | { type: "uncordon"; nodeId: string }
  | { type: "heal"; nodeId: string };

/** Sends something over a bad line: now and then never, twice, or late. */
export function overTheLine(world: World, queue: Queue<Happening>, what: Happening): void {
  if (chance(world, 0.04)) {
    world.incidents += 1; // lost
    return;
  }
  const copies = chance(world, 0.05) ? 2 : 1;
  if (copies > 1) world.incidents += 1;
  for (let i = 0; i < copies; i += 1) {
    const isLate = chance(world, 0.04);
    if (isLate) world.incidents += 1;
    queue.push(world.now + (isLate ? between(world, 20_000, 120_000) : between(world, 50, 2_000)), what);
  }
}

/** A command reaches its node. The agent takes each once, none that is too old, and none below the newest generation that it took. */
export function deliver(world: World, queue: Queue<Happening>, command: SimCommand): void {
  const node = world.nodes.get(command.nodeId);
  if (!node || node.isGone || node.health === "not-reporting") return;
  const known = node.known.get(command.id);
  if (known) {
    overTheLine(world, queue, { type: "hear", command, says: known === "running" ? "confirmed" : known });
    return;
  }
  if (world.now > command.expiresAt || command.generation <= node.highest) return;
  node.highest = command.generation;
  node.known.set(command.id, "running");
  overTheLine(world, queue, { type: "hear", command, says: "confirmed" });
  queue.push(world.now + between(world, 500, 15_000), { type: "run", command });
}

/** The node carries it out. */
export function run(world: World, queue: Queue<Happening>, rollout: SimRollout, command: SimCommand): void {
  const node = world.nodes.get(command.nodeId);
  if (!node || node.isGone) return;
  command.executed += 1;
  const hasFailed = chance(world, world.failRatio);
  if (hasFailed) world.incidents += 1;
  node.known.set(command.id, hasFailed ? "failed" : "done");
  if (command.verb === "apply" && !hasFailed) {
    node.carries.add(rollout.index);
    if (chance(world, rollout.harm))
      queue.push(world.now + between(world, 1_000, 90_000), { type: "hurt", rollout: rollout.index, nodeId: node.id });
    else if (rollout.acts === "on-sick") node.health = "well";
  }
  if (command.verb === "revert" && !hasFailed) {
    node.carries.delete(rollout.index);
    if (node.hurtBy === rollout.index) {
      node.hurtBy = null;
      node.health = "well";
    }
  }
  const isUnknown = chance(world, 0.05);
  if (isUnknown) world.incidents += 1;
  const says = isUnknown ? "unknown" : hasFailed ? "failed" : "done";
  overTheLine(world, queue, { type: "hear", command, says });
}

/** The change does its harm. */
export function hurt(world: World, rollout: number, nodeId: string): SimTarget | null {
  const node = world.nodes.get(nodeId);
  if (!node || node.isGone || !node.carries.has(rollout)) return null;
  node.health = chance(world, 0.3) ? "not-reporting" : "sick";
  node.hurtBy = rollout;
  world.incidents += 1;
  return world.rollouts[rollout]?.byId.get(nodeId) ?? null;
}

/** The console hears from a node. What it says of a run that is over is old news – node.ts decides that. */
export function hear(
  world: World,
  rollout: SimRollout,
  { command, says }: Extract<Happening, { type: "hear" }>,
): Moved[] {
  const target = rollout.byId.get(command.nodeId);
  if (!target) return [];
  if (says === "confirmed") {
    const moves = moveTarget(target, { type: "confirmed", attempt: command.attempt });
    if (target.command === command && isUnderWay(target) && command.state !== "over") command.state = "confirmed";
    return moves;
  }
  if (target.command === command && isUnderWay(target)) command.state = says === "unknown" ? "confirmed" : "over";
  if (says === "unknown") moveTarget(target, { type: "confirmed", attempt: command.attempt });
  const moves = moveTarget(target, { type: "ended", attempt: command.attempt, end: says });
  if (says === "unknown" && moves.length > 0) world.lies.push(`unknown: ${command.id}`);
  settleLease(rollout, target);
  return moves;
}

/** Looks after what hangs: sends again, reads what is unknown, gives up what is too old, and ends what takes too long. */
export function sweep(world: World, queue: Queue<Happening>, rollout: SimRollout): Moved[] {
  const moves: Moved[] = [];
  const { now } = world;
  for (const target of rollout.targets) {
    const { command, node } = target;
    if (!command || !isUnderWay(target)) continue;
    const age = world.now - command.sentAt;
    if (command.state === "queued" || command.state === "sent") {
      // A minute after the end of its time nobody takes it any more.
      const isDead = now > command.expiresAt + 60_000 && !node.known.has(command.id);
      if (isDead && command.isUnwanted) moves.push(...giveUp(rollout, target));
      else if (isDead) moves.push(...end(rollout, target, command, { type: "timed-out", attempt: command.attempt }));
      else if (now <= command.expiresAt) overTheLine(world, queue, { type: "deliver", command });
      else if (node.known.has(command.id)) overTheLine(world, queue, { type: "deliver", command });
      continue;
    }
    const isReadable = !node.isGone && node.health !== "not-reporting";
    const known = node.known.get(command.id);
    if (isReadable && age > 30_000 && (known === "done" || known === "failed")) {
      const verified = { type: "verified", attempt: command.attempt, isDone: known === "done" } as const;
      moves.push(...end(rollout, target, command, verified));
    } else if (age > rollout.policy.applyTimeoutMs)
      moves.push(...end(rollout, target, command, { type: "timed-out", attempt: command.attempt }));
  }
  return moves;
}

function end(
  rollout: SimRollout,
  target: SimTarget,
  command: SimCommand,
  event: Parameters<typeof moveTarget>[1],
): Moved[] {
  const moves = moveTarget(target, event);
  if (moves.length > 0) command.state = "over";
  settleLease(rollout, target);
  return moves;
}
