// What a simulated world is made of: nodes, rollouts with their targets and commands, and the engine's last step for the invariants to look at.
import type { Target } from "../node.ts";
import type { BudgetAsk, BudgetPolicy, BudgetState, Candidate, Effect, Event, Plan, Policy, State } from "../types.ts";

export type SimNode = Candidate & {
  isGone: boolean;
  /** Rollouts whose change it carries, in truth. */
  carries: Set<number>;
  /** Rollout whose change made it sick. */
  hurtBy: number | null;
  /** The agent's ledger: newest generation that it took, and what it knows of each command. */
  highest: number;
  known: Map<string, "running" | "done" | "failed">;
  /** The console's: newest generation that it gave. */
  generation: number;
  lease: { owner: string; kind: "action" | "soak" | "cordon"; domain: string } | null;
};

export type SimCommand = {
  id: string;
  rollout: number;
  nodeId: string;
  attempt: number;
  verb: "apply" | "revert";
  generation: number;
  /** True time: agents measure how old a command is by a clock that does not jump. */
  expiresAt: number;
  state: "queued" | "sent" | "confirmed" | "over";
  isUnwanted: boolean;
  /** The console has told the engine that nobody will carry it out. */
  isGivenUp: boolean;
  sentAt: number;
  /** How often the node carried it out, in truth. */
  executed: number;
};

export type SimTarget = {
  node: SimNode;
  wave: number;
  domain: string;
  target: Target;
  command: SimCommand | null;
  commands: SimCommand[];
};

export type SimRollout = {
  index: number;
  owner: string;
  policy: Policy;
  acts: "on-well" | "on-sick";
  isAutomatic: boolean;
  isReversible: boolean;
  /** Share of the nodes that it makes sick; 0: a good change. */
  harm: number;
  /** The plan as approved. */
  plan: Omit<Plan, "targetHash">;
  hash: string;
  targets: SimTarget[];
  byId: Map<string, SimTarget>;
  state: State;
  events: Event[];
  /** What the simulator knows by itself, to hold the engine's words against. */
  truth: Truth;
};

export type Truth = {
  /** ms that the present wave has soaked under the engine's eyes, true time. */
  soakedMs: number;
  /** Its last step, true time. */
  seenAt: number;
  /** Since when the judge owes an answer, console's clock; null: it does not. */
  owedSince: number | null;
  finalPhase: State["phase"] | null;
  isFrozen: boolean;
  clockJumps: number;
};

export type Grant = { before: BudgetState; policy: BudgetPolicy; ask: BudgetAsk; node: SimNode };

/** The engine's last step. */
export type LastStep = { rollout: SimRollout; before: State; event: Event; after: State; effects: readonly Effect[] };

export type World = {
  seed: number;
  random: () => number;
  /** True time, ms. */
  now: number;
  /** Console's clock minus true time. */
  skewMs: number;
  nodes: Map<string, SimNode>;
  rollouts: SimRollout[];
  budgets: Map<string, BudgetPolicy>;
  last: LastStep | null;
  /** Leases given in the present transaction. */
  grants: Grant[];
  /** A transaction is open: rows and counters need not agree. */
  isOpen: boolean;
  /** Commands that ended this way although they had not been carried out so; filled by the host. */
  lies: string[];
  isFrozen: boolean;
  isJudgeDown: boolean;
  /** Many nodes, one rollout, room in the budget, less bad luck. */
  isWide: boolean;
  /** Share of runs that fail. */
  failRatio: number;
  incidents: number;
  steps: number;
};

/** A number in [min, max). */
export const between = (world: World, min: number, max: number): number => min + world.random() * (max - min);
/** True in `ratio` of the cases. */
export const chance = (world: World, ratio: number): boolean => world.random() < ratio;
/** One of a list that is not empty. @throws when it is */
export function pick<T>(world: World, list: readonly T[]): T {
  const one = list[Math.floor(world.random() * list.length)];
  if (one === undefined) throw new Error("picked from nothing");
  return one;
}

export const clock = (world: World): number => Math.floor(world.now + world.skewMs);

/** How a pool stands: each node counted once. */
export function budgetState(world: World, pool: string): BudgetState {
  let [nodes, sick, leased] = [0, 0, 0];
  const domains = new Set<string>();
  for (const node of world.nodes.values()) {
    if (node.pool !== pool || node.isGone) continue;
    nodes += 1;
    if (node.lease && node.lease.kind !== "soak") {
      leased += 1;
      domains.add(node.lease.domain);
    } else if (node.health !== "well") sick += 1;
  }
  return { pool, nodes, sick, leased, domains: [...domains] };
}
