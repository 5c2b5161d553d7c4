// The steps of the wizard and what each of them is given. Pure.
import type { RolloutPreview } from "../../../../../server/rollouts/schema.ts";
import type { Draft, Faults } from "./draft.ts";

export const steps = ["what", "where", "waves", "gates", "review"] as const;
export type Step = (typeof steps)[number];

export type StepProps = {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  /** By path; parameters of the change as "params.<name>". */
  faults: Faults;
  /** Somebody wanted to go on: from now on empty fields are faults too. */
  isTouched: boolean;
  preview: RolloutPreview | undefined;
  isAsking: boolean;
  /** A preview that was refused, in words. */
  refusal: string | null;
};

/** Step that a path of the plan belongs to, as this browser and as the server write it. */
export const ownerOf = (full: string): Step => {
  const path = full.replace(/^policy\./, "");
  if (path === "kind" || path.startsWith("params") || path.startsWith("change") || path === "title") return "what";
  if (path.startsWith("where")) return "where";
  if (path.startsWith("gates") || path.startsWith("windows") || path === "lane" || path === "reason") return "gates";
  return "waves";
};

/** Steps that have something wrong. */
export const faultySteps = (paths: readonly string[]): Set<Step> => new Set(paths.map(ownerOf));
