// Measures the diagnosis against labelled texts: how often it is right, how often it answers where it should not, and how far it leans on single
// signatures. Behind `nodeops eval diagnosis`.
import type { Cause } from "./cause.ts";
import { type Diagnosis, Engine } from "./diagnose.ts";
import type { Match } from "./match.ts";
import { normalise } from "./normalise.ts";

/** A text and the id of its cause; "none": the answer must be "don't know". */
export type LabelledText = { id: string; label: string; text: string };

export type WrongAnswer = { id: string; label: string; got: string[] };

export type Measured = {
  n: number;
  /** Shares of the texts that have a cause. */
  top1: number;
  top3: number;
  /** Share of the texts without a cause that were given one. */
  falsePositiveRate: number;
  /** Share of the texts with a cause that were answered "don't know". */
  unknownRate: number;
  /** Time of one diagnosis, ms. */
  p95Ms: number;
  wrong: WrongAnswer[];
};

const NONE = "none";
const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

/** @param now a clock in ms: this folder has none of its own */
export function measure(texts: readonly LabelledText[], causes: readonly Cause[], now: () => number): Measured {
  const engine = new Engine(causes);
  engine.index.verify(); // patterns are compiled once in the life of a process: no part of an answer's time
  const times: number[] = [];
  const answers = texts.map(({ text }) => {
    const begun = now();
    const answer = engine.diagnose(text);
    times.push(now() - begun);
    return answer;
  });
  times.sort((a, b) => a - b);
  return { ...score(texts, answers), p95Ms: times[Math.max(0, Math.ceil(times.length * 0.95) - 1)] ?? 0 };
}

function score(texts: readonly LabelledText[], answers: readonly Diagnosis[]): Omit<Measured, "p95Ms"> {
  const judged = texts.map(({ id, label }, at) => ({
    id,
    label,
    got: answers[at]?.causes.map((cause) => cause.id) ?? [],
  }));
  const negatives = judged.filter(({ label }) => label === NONE);
  const positives = judged.filter(({ label }) => label !== NONE);
  const isRight = ({ label, got }: WrongAnswer) => (label === NONE ? got.length === 0 : got[0] === label);
  return {
    n: texts.length,
    top1: share(positives.filter(isRight).length, positives.length),
    top3: share(positives.filter(({ label, got }) => got.slice(0, 3).includes(label)).length, positives.length),
    falsePositiveRate: share(negatives.filter(({ got }) => got.length > 0).length, negatives.length),
    unknownRate: share(positives.filter(({ got }) => got.length === 0).length, positives.length),
    wrong: judged.filter((one) => !isRight(one)).map(({ id, label, got }) => ({ id, label, got: got.slice(0, 3) })),
  };
}

/** Signatures cannot be fitted anew without a text; instead those that only this text bears are taken away before it is asked again. */
export type CrossValidated = {
  /** Texts with a cause that printed something: questions bear no signatures. */
  texts: number;
  /** One such signature taken away at a time: shares of these trials. */
  trials: number;
  top1: number;
  unknown: number;
  /** All of them taken away at once: shares of the texts. */
  without: { top1: number; top3: number; unknown: number; wrong: number };
  /** Labels each of whose texts is still right when any one signature is missing. */
  robustLabels: number;
  labels: number;
  /** Texts that hang on a single signature. */
  fragile: { id: string; label: string; signature: string }[];
};

type Case = LabelledText & { matches: readonly Match[] };

/** How the answers stand without the signatures that a text may have been the only model of. */
export function crossValidate(texts: readonly LabelledText[], causes: readonly Cause[]): CrossValidated {
  const engine = new Engine(causes);
  const cases = texts
    .filter(({ label }) => label !== NONE)
    .map((one) => ({ ...one, matches: engine.index.find(normalise(one.text)).matches }))
    .filter(({ matches }) => matches.length > 0);
  const bearers = new Map<string, Set<string>>();
  for (const { id, label, matches } of cases)
    for (const { cause, signature } of matches)
      if (cause.id === label) bearers.set(signature.match, (bearers.get(signature.match) ?? new Set()).add(id));
  const own = ({ label, matches }: Case) =>
    matches.filter(({ cause, signature }) => cause.id === label && bearers.get(signature.match)?.size === 1);
  const ask = (one: Case, left: (match: Match) => boolean) =>
    engine.conclude(normalise(one.text), one.matches.filter(left)).causes.map(({ id }) => id);
  const trials = cases.flatMap((one) =>
    own(one).map((dropped) => ({ one, dropped, got: ask(one, (match) => match !== dropped) })),
  );
  const without = cases.map((one) => {
    const gone = new Set(own(one));
    return { label: one.label, got: ask(one, (match) => !gone.has(match)) };
  });
  const fragile = trials.filter(({ one, got }) => got[0] !== one.label);
  const labels = new Set(cases.map(({ label }) => label));
  const broken = new Set(fragile.map(({ one }) => one.label));
  return {
    texts: cases.length,
    trials: trials.length,
    top1: share(trials.length - fragile.length, trials.length),
    unknown: share(trials.filter(({ got }) => got.length === 0).length, trials.length),
    without: {
      top1: share(without.filter(({ label, got }) => got[0] === label).length, without.length),
      top3: share(without.filter(({ label, got }) => got.slice(0, 3).includes(label)).length, without.length),
      unknown: share(without.filter(({ got }) => got.length === 0).length, without.length),
      wrong: share(without.filter(({ label, got }) => got.length > 0 && got[0] !== label).length, without.length),
    },
    robustLabels: labels.size - broken.size,
    labels: labels.size,
    fragile: fragile.map(({ one, dropped }) => ({ id: one.id, label: one.label, signature: dropped.signature.match })),
  };
}
