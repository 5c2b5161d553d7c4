// Invariants of single steps: what an event may lead to. Asked after each step, inside its transaction.
import type { LastStep, World } from "../simulate/world.ts";
import type { Phase } from "../types.ts";
import type { Invariant } from "./invariant.ts";

const ofStep = (holds: (last: LastStep, world: World) => boolean) => (world: World) =>
  !world.last || !world.isOpen || holds(world.last, world);

const FINALS: readonly Phase[] = ["succeeded", "rolled-back", "aborted"];
const starts = ({ effects }: LastStep) => effects.some(({ type }) => type === "dispatch" || type === "revert");
const sends = ({ effects }: LastStep) => effects.some(({ type }) => type === "dispatch");
/** Waves that passed in this step. */
const passed = ({ before, after }: LastStep): number[] =>
  after.waves.flatMap(({ passedAt }, i) => (passedAt !== null && before.waves[i]?.passedAt === null ? [i] : []));
const isStarted = (last: LastStep) =>
  last.before.phase === "approved" && last.after.phase !== "approved" && last.after.phase !== "aborted";

/** Wall clock of UTC, the only zone of simulated windows. */
const isInWindow = ({ rollout: { policy }, event: { at } }: LastStep): boolean => {
  const minute = Math.floor(at / 60_000) % 1_440;
  return policy.windows.length === 0 || policy.windows.some(({ from, to }) => minute >= from && minute < to);
};

export const stepInvariants: readonly Invariant[] = [
  {
    id: "I-2",
    title: "it starts only with the targets that were approved, and only while the selection is still what it was",
    holds: ofStep((last) => {
      const { event, before, rollout } = last;
      if (!isStarted(last) || event.type !== "start" || event.at === 0) return true;
      const { targetHash, count, missing } = event.live;
      const drift = Math.max(Math.abs(count - rollout.plan.count), missing) / rollout.plan.count;
      return targetHash === rollout.hash && before.targetHash === rollout.hash && drift <= 0.05;
    }),
  },
  {
    id: "I-2b",
    title: "an approval counts only for the targets that it names",
    holds: ofStep(
      ({ event, after, rollout }) =>
        event.type !== "approved" || after.phase !== "approved" || event.targetHash === rollout.hash,
    ),
  },
  {
    id: "I-16",
    title: "what stops never starts anything, and nothing is sent while it stands",
    holds: ofStep((last) => {
      const isStop = ["pause", "freeze", "abort"].includes(last.event.type);
      const isStanding = last.after.phase !== "running" && last.after.phase !== "rolling-back";
      return !(isStop || isStanding) || !starts(last);
    }),
  },
  {
    id: "I-21",
    title: "nothing new is sent outside of the windows",
    holds: ofStep((last) => !sends(last) || isInWindow(last)),
  },
  {
    id: "I-23",
    title: "a wave passes by a fresh pass of the judge, or by a person; never by silence",
    holds: ofStep((last) => {
      const { event, rollout } = last;
      if (passed(last).length === 0 || (rollout.state.waves.length === 1 && rollout.policy.soakMs === 0)) return true;
      if (event.type === "promote") return true;
      if (event.type !== "judged" || event.verdict !== "pass" || event.wave !== last.before.wave) return false;
      return Math.abs(event.at - event.dataAt) <= 3 * rollout.policy.judgeEveryMs;
    }),
  },
  {
    id: "I-23b",
    title: "a judge that says nothing for too long pauses it",
    holds: ofStep(({ after, event, rollout: { truth, policy } }) => {
      if (event.type !== "tick" || after.phase !== "running" || truth.owedSince === null) return true;
      return after.stage === "gate" || event.at - truth.owedSince < policy.judgeSilentMs;
    }),
  },
  {
    id: "I-26",
    title: "a soak is as long as it was said to be, unless people ended it who may",
    holds: ofStep((last) => {
      const { event, rollout, before } = last;
      if (passed(last).length === 0 || rollout.state.waves.length === 1) return true;
      const { soakMs, judgeEveryMs, judge } = rollout.policy;
      const credit = rollout.truth.clockJumps * 2 * judgeEveryMs;
      const { soakedMs } = rollout.truth;
      if (event.type !== "promote") return soakedMs + credit >= soakMs;
      const applied = before.waves[before.wave]?.counts.applied ?? 0;
      return event.persons >= 2 || (soakedMs + credit) * applied >= judge.minExposureMs;
    }),
  },
  {
    id: "I-26b",
    title: "a gate opens by the answer to itself, not by that to another",
    holds: ofStep(({ before, event, after }) => {
      const hasOpened = after.gatesOpen > before.gatesOpen || after.wave > before.wave;
      return event.type !== "gate" || !hasOpened || event.nth === before.gatesOpen;
    }),
  },
  {
    id: "I-27",
    title: "one fail stops it in the same step, whatever wave it is about, and takes back what was not delivered",
    holds: ofStep(({ before, event, after, effects }) => {
      const isBad = (event.type === "judged" && event.verdict === "fail") || event.type === "hard-signal";
      if (!isBad || before.phase !== "running") return true;
      if (event.type === "hard-signal" && after.phase === "running") {
        const counts = before.waves[event.wave]?.counts;
        return counts === undefined || counts.applied + counts.applying + counts.failed === 0;
      }
      return after.phase !== "running" && effects.some(({ type }) => type === "withdraw");
    }),
  },
  {
    id: "I-30",
    title: "what is under way keeps its plan",
    holds: ofStep(({ before, after, rollout }) => before.startedAt === null || after.targetHash === rollout.hash),
  },
  {
    id: "I-35",
    title: "what is over is over",
    holds: ofStep((last) => {
      const { before, after, rollout } = last;
      if (rollout.truth.finalPhase !== null && after.phase !== rollout.truth.finalPhase) return false;
      return !FINALS.includes(before.phase) || last.effects.length === 0;
    }),
  },
  {
    id: "I-36",
    title: "the way back was gone once before the second wave, where there is one",
    holds: ofStep(({ after, effects, rollout }) => {
      const isSecond = effects.some((effect) => effect.type === "dispatch" && effect.wave > 0);
      if (!isSecond || !rollout.policy.rehearse || !rollout.isReversible) return true;
      const first = after.waves[0];
      if (!first || first.counts.applied === 0) return true;
      return rollout.targets.some(
        ({ wave, commands }) => wave === 0 && commands.some(({ verb, executed }) => verb === "revert" && executed > 0),
      );
    }),
  },
  {
    id: "I-39",
    title: "time in which the engine itself was away is not held against the judge",
    holds: ofStep(({ after, event, before, rollout: { truth, policy } }) => {
      const isSilence = event.type === "tick" && before.phase === "running" && after.phase === "paused";
      if (!isSilence || !after.why?.en.startsWith("The judge has said nothing")) return true;
      return truth.owedSince !== null && event.at - truth.owedSince >= policy.judgeSilentMs;
    }),
  },
  {
    id: "I-45",
    title: "a freeze stops everything in its step, and only a person goes on after it",
    holds: ofStep(({ before, event, after, rollout }) => {
      const isMoving = after.phase === "running" || after.phase === "rolling-back";
      if (event.type === "freeze") return !isMoving;
      const wasStanding = before.phase === "paused" && rollout.truth.isFrozen;
      if (!wasStanding || !isMoving) return true;
      if (after.phase === "rolling-back" && event.type !== "tick") return true; // bad news of nodes that were under way
      return event.type === "promote";
    }),
  },
];
