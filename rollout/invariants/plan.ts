// Invariants of plans and policies: who may be changed at all, and in what sizes. Asked when a rollout has just been planned or started.
import type { LastStep, World } from "../simulate/world.ts";
import type { Invariant } from "./invariant.ts";

/** Asked of the step in which a plan was taken in; true of all others. */
const whenPlanned = (holds: (last: LastStep, world: World) => boolean) => (world: World) =>
  !world.last ||
  !world.isOpen ||
  world.last.event.type !== "planned" ||
  world.last.before.phase !== "draft" ||
  holds(world.last, world);

const sizes = ({ after }: LastStep): number[] => after.waves.map(({ size }) => size);

export const planInvariants: readonly Invariant[] = [
  {
    id: "I-1",
    title: "no targets, no plan: nothing never means everything",
    holds: whenPlanned(({ after, rollout }) => rollout.plan.count > 0 || after.phase === "draft"),
  },
  {
    id: "I-31",
    title: "no plan has an empty wave",
    holds: whenPlanned(({ after }) => after.phase === "draft" || after.waves.every(({ size }) => size > 0)),
  },
  {
    id: "I-3",
    title: "nodes that nobody knows the health of are never targets",
    holds: whenPlanned(({ rollout }) =>
      rollout.targets.every(({ node }) => node.health !== "unknown" && node.health !== "not-reporting"),
    ),
  },
  {
    id: "I-4",
    title: "protected nodes are never targets",
    holds: whenPlanned(({ rollout }) => rollout.targets.every(({ node }) => !node.isProtected)),
  },
  {
    id: "I-10",
    title: "all nodes of a wave stand in one failure domain",
    holds: whenPlanned(({ rollout: { policy, targets } }) => {
      const domains = new Map<number, string>();
      return targets.every(({ wave, node }) => {
        const domain =
          policy.domain === "none" ? "" : policy.domain === "zone" ? node.zone : `${node.zone}/${node.rack}`;
        const first = domains.get(wave) ?? domain;
        domains.set(wave, first);
        return first === domain;
      });
    }),
  },
  {
    id: "I-11",
    title: "the first wave is small and never the whole; no wave is more than three times the one before",
    holds: whenPlanned((last) => {
      const [first = 0, ...more] = sizes(last);
      const { plan, policy } = last.rollout;
      if (last.after.phase === "draft" || last.after.waves.some(({ size }) => size === 0)) return true;
      const most = Math.max(policy.first, Math.ceil(policy.firstRatio * plan.count));
      if (first > most || (plan.count > 1 && first >= plan.count)) return false;
      return more.every((size, i) => size <= 3 * (i === 0 ? first : (more[i - 1] ?? 0)));
    }),
  },
  {
    id: "I-17",
    title: "a policy in use keeps the engine's bounds",
    holds: whenPlanned(({ rollout: { policy } }) => {
      const least = policy.lane === "fast" ? 20_000 : 60_000;
      return policy.growth <= 3 && policy.soakMs >= least && policy.maxErrors >= 1;
    }),
  },
  {
    id: "I-25",
    title: "a policy in use allows the judge no more than 1 % false alarms",
    holds: whenPlanned(({ rollout: { policy } }) => policy.judge.alpha <= 0.01),
  },
];
