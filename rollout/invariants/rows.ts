// Invariants of rows: nodes, leases, commands and counters as they stand when a transaction is over – and each lease that it gave.
import { isUnderWay } from "../simulate/host.ts";
import type { SimRollout, SimTarget, World } from "../simulate/world.ts";
import type { Counts } from "../types.ts";
import type { Invariant } from "./invariant.ts";

/** Asked of the rollout that the transaction was about, once it is over. */
const ofRollout = (holds: (rollout: SimRollout, world: World) => boolean) => (world: World) =>
  world.isOpen || !world.last || holds(world.last.rollout, world);
const ofTarget = (holds: (target: SimTarget, rollout: SimRollout) => boolean) =>
  ofRollout((rollout) => rollout.targets.every((target) => holds(target, rollout)));

const max = (rollout: SimRollout, size: number): number =>
  Math.max(1, Math.min(rollout.policy.maxErrors, Math.ceil(size / 10)));

export const rowInvariants: readonly Invariant[] = [
  {
    id: "I-5",
    title: "what a run is said to have done, that run has done: old news of other runs moves nothing",
    holds: ofTarget(({ target, command }) => {
      if (!command || command.attempt !== target.attempt) return true;
      const isDone =
        (target.state === "applied" && command.verb === "apply") ||
        (target.state === "reverted" && command.verb === "revert");
      return !isDone || command.executed > 0;
    }),
  },
  {
    id: "I-6",
    title: "no lease makes more nodes of a pool unavailable than its budget allows, whoever holds the others",
    holds: (world) =>
      world.grants.every(({ before: { nodes, sick, leased }, policy: { maxUnavailable }, ask }) => {
        const limit = Math.max(
          1,
          "nodes" in maxUnavailable ? maxUnavailable.nodes : Math.floor(nodes * maxUnavailable.ratio + 1e-9),
        );
        return ask.isSick ? leased + 1 <= limit : sick + leased + 1 <= limit;
      }),
  },
  {
    id: "I-7",
    title: "nothing starts by itself in a pool in which too many are sick",
    holds: (world) =>
      world.grants.every(({ before: { nodes, sick, leased }, policy, ask }) => {
        const limit = Math.max(1, Math.floor(nodes * policy.maxUnhealthyRatio + 1e-9));
        return !ask.isAutomatic || sick + leased <= limit;
      }),
  },
  {
    id: "I-10b",
    title: "no lease opens more failure domains of a pool than its budget allows",
    holds: (world) =>
      world.grants.every(
        ({ before, policy, ask }) => new Set([...before.domains, ask.domain]).size <= policy.maxDomains,
      ),
  },
  {
    id: "I-13",
    title: "no lease takes a node that a pool needs to stay available, nor the last one",
    holds: (world) =>
      world.grants.every(({ before: { nodes, sick, leased }, policy, ask }) => {
        const floor = Math.max(policy.minAvailable, nodes > 1 ? 1 : 0);
        return ask.isSick || nodes - sick - leased - 1 >= floor;
      }),
  },
  {
    id: "I-12",
    title: "a node under way is in our hands, and what is over holds no node",
    holds: ofRollout((rollout) =>
      rollout.targets.every((target) => {
        const isOurs = target.node.lease?.owner === rollout.owner;
        if (isUnderWay(target)) return isOurs;
        return !isOurs || rollout.truth.finalPhase === null;
      }),
    ),
  },
  {
    id: "I-14",
    title: "failed nodes and nodes under way never exceed the errors allowed, in no wave, forth or back",
    holds: ofRollout((rollout) =>
      rollout.state.waves.every(({ counts, accepted, size }) => {
        const limit = max(rollout, size);
        const errors = Math.max(0, counts.failed - accepted);
        if (rollout.state.phase === "running") return errors + counts.applying + counts.reverting <= limit;
        return counts.applying + counts.reverting <= limit;
      }),
    ),
  },
  {
    id: "I-14b",
    title: "never more nodes under way than maxInFlight",
    holds: ofRollout(({ targets, policy }) => targets.filter(isUnderWay).length <= policy.maxInFlight),
  },
  {
    id: "I-29",
    title: "each run of a node has a number of its own, higher than the one before",
    holds: ofTarget(({ commands }) =>
      commands.every(({ attempt }, i) => i === 0 || attempt > (commands[i - 1]?.attempt ?? 0)),
    ),
  },
  {
    id: "I-33",
    title: "an outcome that nobody knows is looked up, not taken for one that is known",
    holds: (world) => world.lies.every((lie) => lie.startsWith("again")),
  },
  {
    id: "I-34",
    title: "no command is carried out twice, and none of a run that was given up is ever carried out",
    holds: ofTarget(({ commands }) => commands.every(({ executed, isGivenUp }) => executed <= (isGivenUp ? 0 : 1))),
  },
  {
    id: "I-43",
    title: "a failed node is sent again only after a person asked for it, and a failed way back never",
    holds: (world) => world.lies.every((lie) => !lie.startsWith("again")),
  },
  {
    id: "I-40",
    title: "counters and rows say the same, whatever came twice, late or not at all",
    holds: ofRollout(({ state, targets }) => {
      const sums = new Map<string, number>();
      for (const { wave, target } of targets) {
        const key = `${wave}:${target.state}`;
        sums.set(key, (sums.get(key) ?? 0) + 1);
      }
      return state.waves.every(({ counts }, wave) =>
        (Object.keys(counts) as (keyof Counts)[]).every((key) => counts[key] === (sums.get(`${wave}:${key}`) ?? 0)),
      );
    }),
  },
];
