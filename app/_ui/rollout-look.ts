// How a rollout stands, as data for badges and bars: looks of phases, node states and verdicts; progress forth and back. Pure.
import type { Counts, Phase, Stage, Verdict } from "../../rollout/types.ts";
import type { Look } from "./state.ts";

export const phaseLook: Record<Phase, Look> = {
  draft: { tone: "unknown", shape: "dotted" },
  planned: { tone: "maintenance", shape: "pause" },
  approved: { tone: "accent", shape: "dotted" },
  running: { tone: "accent", shape: "progress" },
  paused: { tone: "maintenance", shape: "pause" },
  halted: { tone: "unhealthy", shape: "square" },
  "rolling-back": { tone: "degraded", shape: "progress" },
  "rolled-back": { tone: "degraded", shape: "triangle" },
  succeeded: { tone: "healthy", shape: "circle" },
  aborted: { tone: "silent", shape: "pause" },
};

export const targetStates = [
  "pending",
  "applying",
  "applied",
  "failed",
  "skipped",
  "reverting",
  "reverted",
  "revertFailed",
] as const satisfies readonly (keyof Counts)[];

export const targetLook: Record<keyof Counts, Look> = {
  pending: { tone: "unknown", shape: "dotted" },
  applying: { tone: "accent", shape: "progress" },
  applied: { tone: "healthy", shape: "circle" },
  failed: { tone: "unhealthy", shape: "square" },
  skipped: { tone: "silent", shape: "pause" },
  reverting: { tone: "degraded", shape: "progress" },
  reverted: { tone: "degraded", shape: "triangle" },
  revertFailed: { tone: "unhealthy", shape: "square" },
};

export const verdictLook: Record<Verdict["kind"], Look> = {
  pass: { tone: "healthy", shape: "circle" },
  fail: { tone: "unhealthy", shape: "square" },
  inconclusive: { tone: "unknown", shape: "diamond" },
};

/** A rollout that somebody may still have to do with: neither a draft nor over. */
export const isActive = (phase: Phase): boolean =>
  phase === "running" || phase === "paused" || phase === "halted" || phase === "rolling-back";

/** Nodes done of all that this direction concerns: changed ones forth, taken-back ones back. */
export function progressOf(phase: Phase, counts: Counts): { done: number; total: number; isBack: boolean } {
  const { pending, applying, applied, failed, skipped, reverting, reverted, revertFailed } = counts;
  const isBack = phase === "rolling-back" || phase === "rolled-back";
  if (isBack) {
    const done = reverted + revertFailed;
    return { done, total: done + reverting + applying + applied, isBack };
  }
  const done = applied + failed + skipped + reverted + revertFailed;
  return { done, total: done + pending + applying + reverting, isBack };
}

/** A stage only says something while the rollout goes on. */
export const shownStage = (phase: Phase, stage: Stage | null): Stage | null => (phase === "running" ? stage : null);
