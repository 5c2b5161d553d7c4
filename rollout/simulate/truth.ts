// What the simulator keeps count of by itself after each step, independently of the engine: true soak, what the judge owes, freezes, ends.
import { isFinal } from "../step.ts";
import type { World } from "./world.ts";

/** Brings the truth of the rollout that has just made a step up to date; `world.last` is that step. */
export function observe({ last, isOpen, now }: World): void {
  if (!last || !isOpen) return;
  const { rollout, before, event, after, effects } = last;
  const { truth } = rollout;
  const isSoaking = before.phase === "running" && before.stage === "soak";
  if (isSoaking) truth.soakedMs += now - truth.seenAt;
  truth.seenAt = now;
  const isNewSoak = after.stage === "soak" && (before.stage !== "soak" || before.wave !== after.wave);
  if (isNewSoak) truth.soakedMs = 0;
  const watched = after.waves[after.wave]?.counts;
  const isWatched = watched !== undefined && watched.applied + watched.failed > 0;
  if (before.phase !== "running" || !isWatched) truth.owedSince = null;
  const gap = before.heardAt === null ? 0 : Math.abs(event.at - before.heardAt);
  if (gap > rollout.policy.judgeSilentMs && truth.owedSince !== null) truth.owedSince = event.at;
  if (truth.owedSince !== null && truth.owedSince > event.at) truth.owedSince = event.at;
  if (event.type === "judged" && event.wave === before.wave) truth.owedSince = null;
  if (effects.some(({ type }) => type === "judge") && isWatched) truth.owedSince ??= event.at;
  if (after.wave !== before.wave || after.stage === "gate") truth.owedSince = null;
  if (event.type === "freeze") truth.isFrozen = true;
  if (event.type === "resume") truth.isFrozen = false;
  if (isFinal(after.phase)) truth.finalPhase ??= after.phase;
}
