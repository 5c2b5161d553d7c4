// The simulated console: carries the engine's effects out on rows, in one transaction with the state, as the server does it in SQL.
import { ask } from "../budget.ts";
import { moveNode, type NodeEvent, type NodeState } from "../node.ts";
import { reasonToSkip } from "../plan.ts";
import { step } from "../step.ts";
import type { Effect, Event, Moved, Words } from "../types.ts";
import { words } from "../words.ts";
import { budgetState, clock, type SimCommand, type SimRollout, type SimTarget, type World } from "./world.ts";

/** What the world around the host does with what comes out; `check` is called after every step. */
export type Outside = {
  send: (command: SimCommand) => void;
  askJudge: (rollout: SimRollout, wave: number) => void;
  askGate: (rollout: SimRollout, after: number) => void;
  check: () => void;
};

/** A command that no node has confirmed is refused by the agent after so long. */
export const EXPIRES_MS = 60_000;
/** More steps than any transaction needs: the engine and its host would go on for ever. */
const STEPS_MAX = 10_000;

/** One event, all that follows from it, and nothing in between: begun and done, or not begun. */
export function transact(world: World, rollout: SimRollout, event: Event, outside: Outside): void {
  const inbox: Event[] = [event];
  world.isOpen = true;
  world.grants = [];
  for (let count = 0; inbox.length > 0; count += 1) {
    if (count > STEPS_MAX) {
      world.lies.push("a transaction without end");
      break;
    }
    const next = inbox.shift();
    if (!next) break;
    const before = rollout.state;
    const { state, effects } = step(before, next, rollout.policy);
    rollout.state = state;
    rollout.events.push(next);
    world.steps += 1;
    world.last = { rollout, before, event: next, after: state, effects };
    outside.check();
    for (const effect of effects) inbox.push(...carryOut(world, rollout, effect, outside));
  }
  world.isOpen = false;
  outside.check();
  world.last = null;
}

function carryOut(world: World, rollout: SimRollout, effect: Effect, outside: Outside): Event[] {
  const at = clock(world);
  switch (effect.type) {
    case "dispatch":
      return sendSome(world, rollout, effect.wave, effect.max, effect.only ? "again" : "apply", outside);
    case "revert":
      return sendSome(world, rollout, effect.wave, effect.max, effect.only ? "rehearse" : "revert", outside);
    case "withdraw":
      return told(
        at,
        rollout.targets.flatMap((target) => withdraw(rollout, target)),
      );
    case "retry":
      return told(
        at,
        rollout.targets.flatMap((target) => retry(target, effect.wave)),
      );
    case "judge":
      outside.askJudge(rollout, effect.wave);
      return [];
    case "ask-gate":
      outside.askGate(rollout, effect.after);
      return [];
    case "release":
      for (const target of rollout.targets)
        if ((effect.wave === "all" || target.wave === effect.wave) && !isUnderWay(target)) release(rollout, target);
      return [];
    case "tell":
      return [];
  }
}

const told = (at: number, moves: readonly Moved[]): Event[] => (moves.length > 0 ? [{ at, type: "moved", moves }] : []);

export const isUnderWay = ({ target }: SimTarget): boolean =>
  target.state === "applying" || target.state === "reverting";

/** Moves one target by the engine's rules; what moved is counted once. */
export function moveTarget(target: SimTarget, event: NodeEvent): Moved[] {
  const { target: next, move } = moveNode(target.target, event);
  target.target = next;
  return move ? [{ wave: target.wave, from: move.from, to: move.to, n: 1 }] : [];
}

type Kind = "apply" | "again" | "rehearse" | "revert";
const FROM: Record<Kind, (state: NodeState) => boolean> = {
  // "failed" and "applied" are refused by node.ts; that it does is part of what is tried.
  apply: (state) => state === "pending" || state === "failed",
  again: (state) => state === "reverted",
  rehearse: (state) => state === "applied",
  revert: (state) => state === "applied" || state === "failed" || state === "revertFailed",
};

function sendSome(world: World, rollout: SimRollout, wave: number, max: number, kind: Kind, outside: Outside): Event[] {
  const moves: Moved[] = [];
  let sent = 0;
  let sum: Words | null = null;
  for (const target of rollout.targets) {
    if (sent >= max) break;
    if (target.wave !== wave || !FROM[kind](target.target.state)) continue;
    const isForth = kind === "apply" || kind === "again";
    const skip = kind === "apply" && target.target.state === "pending" ? reasonNow(rollout, target) : null;
    if (skip || (kind === "again" && target.node.isGone)) {
      moves.push(...moveTarget(target, { type: "skip" }));
      continue;
    }
    const refusal = takeLease(world, rollout, target);
    if (refusal) {
      sum = refusal;
      continue;
    }
    const moved = moveTarget(target, isForth ? { type: "send", isRehearsal: kind === "again" } : { type: "send-back" });
    if (moved.length === 0) continue;
    if (moved.some(({ from }) => (isForth && from === "failed") || from === "revertFailed"))
      world.lies.push(`again: ${target.node.id}`);
    moves.push(...moved);
    sent += 1;
    outside.send(newCommand(world, rollout, target, isForth ? "apply" : "revert"));
  }
  const at = clock(world);
  const events = told(at, moves);
  if (sent < max) events.push({ at, type: "refused", wave, sum: sum ?? words("no node is free", "没有可用节点") });
  return events;
}

function reasonNow(rollout: SimRollout, { node }: SimTarget): string | null {
  return node.isGone ? "gone" : reasonToSkip(node, rollout.acts);
}

/** The budget's word, and the node's: null when it is ours. */
function takeLease(world: World, rollout: SimRollout, { node, domain }: SimTarget): Words | null {
  if (node.lease && (node.lease.owner !== rollout.owner || node.lease.kind === "cordon"))
    return words(`${node.id} is in other hands`, `${node.id} 已被占用`);
  if (node.lease?.kind === "action") return null;
  const policy = world.budgets.get(node.pool);
  if (!policy) return words("no budget", "没有预算");
  const before = budgetState(world, node.pool);
  const asked = { domain, isSick: node.health !== "well" || node.isGone, isAutomatic: rollout.isAutomatic };
  const { isGranted, sum } = ask(before, policy, asked);
  if (!isGranted) return sum;
  world.grants.push({ before, policy, ask: asked, node });
  node.lease = { owner: rollout.owner, kind: "action", domain };
  return null;
}

function newCommand(world: World, rollout: SimRollout, target: SimTarget, verb: SimCommand["verb"]): SimCommand {
  const { node } = target;
  node.generation += 1;
  const command: SimCommand = {
    id: `${rollout.index}/${node.id}/${target.target.attempt}`,
    rollout: rollout.index,
    nodeId: node.id,
    attempt: target.target.attempt,
    verb,
    generation: node.generation,
    expiresAt: world.now + EXPIRES_MS,
    state: "queued",
    isUnwanted: false,
    isGivenUp: false,
    sentAt: world.now,
    executed: 0,
  };
  target.command = command;
  target.commands.push(command);
  return command;
}

/** What no node has can be taken back at once; what is on its way, only when its time is over. */
function withdraw(rollout: SimRollout, target: SimTarget): Moved[] {
  const { command } = target;
  if (!command || !isUnderWay(target) || command.state === "over") return [];
  command.isUnwanted = true;
  if (command.state === "sent") return [];
  return giveUp(rollout, target);
}

/** Nobody will carry the command out any more. */
export function giveUp(rollout: SimRollout, target: SimTarget): Moved[] {
  const { command } = target;
  if (!command) return [];
  const moves = moveTarget(target, { type: "withdrawn", attempt: command.attempt });
  if (moves.length > 0) {
    command.state = "over";
    command.isGivenUp = true;
  }
  settleLease(rollout, target);
  return moves;
}

/** Its run is over: the node serves again; it stays ours while the change on it is watched. */
export function settleLease(rollout: SimRollout, target: SimTarget): void {
  const { lease } = target.node;
  if (isUnderWay(target) || lease?.owner !== rollout.owner || lease.kind !== "action") return;
  const isOver = rollout.truth.finalPhase !== null;
  if (target.target.state === "applied" && !isOver) target.node.lease = { ...lease, kind: "soak" };
  else release(rollout, target);
}

function release(rollout: SimRollout, { node }: SimTarget): void {
  if (node.lease?.owner === rollout.owner && node.lease.kind !== "cordon") node.lease = null;
}

function retry(target: SimTarget, wave: number): Moved[] {
  if (target.wave !== wave || target.target.state !== "failed") return [];
  // Only a node that answers can be read.
  const isRead = target.node.health !== "not-reporting" && !target.node.isGone;
  return moveTarget(target, { type: "retry", isRead });
}
