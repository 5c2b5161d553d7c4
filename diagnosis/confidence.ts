// From what speaks for a cause to how often such an answer is right. Used by diagnose.ts; `nodeops eval diagnosis --leave-out` measures the table.
import type { Suspect } from "./rank.ts";

/** Below this the answer is "don't know". */
export const KNOWN_CONFIDENCE_MIN = 0.5;

/** Difference of scores from which on the second cause is no rival. */
const CLEAR_MARGIN = 1;

/**
 * Isotonic steps: [raw score from which on, share of right answers]. From trials of `eval diagnosis --leave-out` on 203 public reports and 72 questions,
 * pooled: clear proof 283 of 292 right, unclear 8 of 9, clear strong 20 of 24, unclear 1 of 2; rounded down, since the signatures had seen the reports.
 */
const TABLES = {
  proof: [
    [0, 0.75],
    [0.5, 0.85],
    [1, 0.95],
  ],
  strong: [
    [0, 0.55],
    [0.5, 0.65],
    [1, 0.8],
  ],
  hint: [[0, 0.2]],
  words: [
    [0, 0.2],
    [0.46, 0.5],
    [0.6, 0.7],
    [0.8, 0.85],
    [1, 0.95],
  ],
} as const satisfies Record<string, readonly (readonly [number, number])[]>;

/** The last step of the table that the score reaches. */
function step(table: readonly (readonly [number, number])[], raw: number): number {
  return table.reduce((found, [from, share]) => (raw >= from ? share : found), 0);
}

/** 0..1: how far a suspect stands before the next one that it does not explain. */
export function clearness(suspect: Suspect, others: readonly Suspect[]): number {
  const rivals = others.filter(
    (other) => other !== suspect && !suspect.cause.explains?.includes(other.cause.id) && shares(suspect, other),
  );
  const best = Math.max(0, ...rivals.map(({ score }) => score));
  return Math.min(1, Math.max(0, (suspect.score - best) / CLEAR_MARGIN));
}

/** Whether two causes are read from the same record: then only one can be the answer to it. */
const shares = (a: Suspect, b: Suspect) => [...a.records].some((record) => b.records.has(record));

/** Confidence of suspects in their order; the sum over causes read from one record never exceeds 1. */
export function confidences(suspects: readonly Suspect[]): number[] {
  const given: { suspect: Suspect; confidence: number }[] = [];
  for (const suspect of suspects) {
    const own = step(TABLES[suspect.strength], clearness(suspect, suspects));
    const taken = given.filter((one) => shares(one.suspect, suspect)).reduce((sum, one) => sum + one.confidence, 0);
    given.push({ suspect, confidence: Math.max(0, Math.min(own, 1 - taken)) });
  }
  return given.map(({ confidence }) => confidence);
}

/** What a clear lead before the second cause adds to coverage, at most, and where it is clear. */
const MARGIN = { weight: 0.3, clear: 0.5 } as const;

/** Confidence that the cause whose words cover so much of a question is meant. `margin` 0..1: how far it is before the second. */
export const wordsConfidence = (coverage: number, margin: number): number =>
  step(TABLES.words, coverage + MARGIN.weight * Math.min(MARGIN.clear, margin));
