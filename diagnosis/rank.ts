// Signatures that fit → causes, likeliest first. What proves goes before what suggests, the innermost error before what wraps it, and a cause before
// what it brings about. Called by diagnose.ts.
import type { Cause } from "./cause.ts";
import { type Chain, chainOf, depthOf } from "./chain.ts";
import type { Likeness } from "./lexical.ts";
import type { Hit, Match } from "./match.ts";
import type { Passage } from "./normalise.ts";

/** A cause with all that speaks for it. */
export type Suspect = {
  cause: Cause;
  /** What the strongest sign says; two hints that do not overlap count as one strong sign. */
  strength: "proof" | "strong" | "hint";
  /** Comparable within one text only. */
  score: number;
  matches: readonly Match[];
  records: ReadonlySet<number>;
};

/** The steps between strengths are larger than all that refines them: a hint never outweighs a proof. */
const BASE = { proof: 4, strong: 2, hint: 0.5 } as const;
/** What refines a strength, at most. Chosen by hand; the order among them is what matters. */
const REFINE = { innermost: 1.2, support: 0.35, plainness: 0.4, likeness: 0.15 } as const;
const SUPPORT_MAX = 3;
const PLAIN_CHARS_MAX = 24;

/** Ranks the causes of these matches. The same input gives the same order. */
export function rank(
  text: string,
  records: readonly Passage[],
  matches: readonly Match[],
  likenesses: readonly Likeness[],
): Suspect[] {
  const byCause = new Map<Cause, Match[]>();
  for (const match of matches) byCause.set(match.cause, [...(byCause.get(match.cause) ?? []), match]);
  const depths = new Depths(text, records);
  const deepest = new Map<number, number>();
  for (const { hits, signature } of matches) {
    if (signature.strength === "hint") continue;
    for (const hit of hits) {
      const record = depths.recordOf(hit);
      deepest.set(record, Math.max(deepest.get(record) ?? 0, depths.of(hit)));
    }
  }
  const bestLikeness = likenesses[0]?.score ?? 1;
  const likeness = new Map(likenesses.map(({ id, score }) => [id, score / bestLikeness]));
  const suspects = [...byCause].map(([cause, own]) => {
    const strength = strengthOf(own);
    const score =
      BASE[strength] +
      REFINE.innermost * innerness(own, depths, deepest) +
      REFINE.support * (Math.min(SUPPORT_MAX, apart(own).length) / SUPPORT_MAX) +
      REFINE.plainness * (Math.min(PLAIN_CHARS_MAX, plainest(own)) / PLAIN_CHARS_MAX) +
      REFINE.likeness * (likeness.get(cause.id) ?? 0);
    return {
      cause,
      strength,
      score,
      matches: own,
      records: new Set(own.flatMap(({ hits }) => hits.map((hit) => depths.recordOf(hit)))),
    };
  });
  suspects.sort((a, b) => b.score - a.score || (a.cause.id < b.cause.id ? -1 : 1));
  return behindWhatExplains(suspects);
}

/** Chains are read once a record, and only of records that matter. */
class Depths {
  readonly #chains = new Map<number, Chain>();
  readonly #text: string;
  readonly #records: readonly Passage[];

  constructor(text: string, records: readonly Passage[]) {
    this.#text = text;
    this.#records = records;
  }

  /** The record of a hit; of two readings the first. */
  recordOf({ record }: Hit): number {
    return this.#records[record]?.twin ?? record;
  }

  /** Links that begin at or before the end of the hit. */
  of({ record, end }: Hit): number {
    const passage = this.#records[record];
    if (!passage) return 0;
    let chain = this.#chains.get(record);
    if (!chain) {
      chain = chainOf(this.#text.slice(passage.start, passage.end));
      this.#chains.set(record, chain);
    }
    return depthOf(chain, end - 1 - passage.start);
  }
}

/** 1: no other cause has a sign deeper in the same chain; less, the further out the deepest sign of this one stands. */
function innerness(matches: readonly Match[], depths: Depths, deepest: ReadonlyMap<number, number>): number {
  let best = 0;
  for (const { hits, signature } of matches)
    for (const hit of hits) {
      const distance = (deepest.get(depths.recordOf(hit)) ?? 0) - depths.of(hit);
      const inner = 1 / (1 + Math.max(0, distance));
      best = Math.max(best, signature.strength === "hint" ? inner / 2 : inner);
    }
  return best;
}

/** Matches no two of which share a character: each says something of its own. */
function apart(matches: readonly Match[]): Match[] {
  const taken: Hit[] = [];
  return matches.filter(({ hits: [hit] }) => {
    if (!hit || taken.some(({ start, end }) => hit.start < end && start < hit.end)) return false;
    taken.push(hit);
    return true;
  });
}

function strengthOf(matches: readonly Match[]): Suspect["strength"] {
  const strengths = new Set(matches.map(({ signature }) => signature.strength));
  if (strengths.has("proof")) return "proof";
  return strengths.has("strong") || apart(matches).length >= 2 ? "strong" : "hint";
}

const plainest = (matches: readonly Match[]) => Math.max(...matches.map(({ plainChars }) => plainChars));

/** Moves causes behind those that explain them and are seen at least as surely. */
function behindWhatExplains(suspects: readonly Suspect[]): Suspect[] {
  const left = [...suspects];
  const ordered: Suspect[] = [];
  while (left.length > 0) {
    const isExplained = (one: Suspect) =>
      left.some(
        ({ cause, strength }) =>
          cause !== one.cause && BASE[strength] >= BASE[one.strength] && cause.explains?.includes(one.cause.id),
      );
    // Where causes explain each other in a circle, the score decides.
    const next = Math.max(
      0,
      left.findIndex((suspect) => !isExplained(suspect)),
    );
    ordered.push(...left.splice(next, 1));
  }
  return ordered;
}
