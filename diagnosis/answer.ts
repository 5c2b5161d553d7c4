// From ranked suspects or from likeness of words to what is said: confidence, evidence with its places in the input, the chain. Called by diagnose.ts.
import type { Strength } from "./cause.ts";
import { type Chain, chainOf } from "./chain.ts";
import { confidences, wordsConfidence } from "./confidence.ts";
import type { Likeness } from "./lexical.ts";
import type { Match } from "./match.ts";
import type { Normalised } from "./normalise.ts";
import type { Suspect } from "./rank.ts";

/** A place in the input, UTF-16 units, and the signature that fits there. */
export type Evidence = { start: number; end: number; signature: string; strength: Strength };

export type LikelyCause = {
  id: string;
  /** 0..1: how often such an answer was right when it was measured. */
  confidence: number;
  /** `words`: nothing was printed that gives it away, but it is described so. */
  basis: Suspect["strength"] | "words";
  evidence: readonly Evidence[];
};

/** One error of a chain, and where it stands in the input. */
export type ShownLink = { start: number; end: number; text: string };

const EVIDENCE_MAX = 6;
/** Fewer words in common are chance. */
const COMMON_TERMS_MIN = 3;
const COMMON_PAIRS_MIN = 2;
/** Records looked through for the longest chain when no cause is known. */
const CHAINS_MAX = 200;

const STRONGEST_FIRST: Record<Strength, number> = { proof: 0, strong: 1, hint: 2 };

/** Text of one record. */
export function textOf({ text, records }: Normalised, record: number): string {
  const passage = records[record];
  return passage ? text.slice(passage.start, passage.end) : "";
}

/** Causes given away by what was printed. */
export function bySigns(text: Normalised, suspects: readonly Suspect[]): LikelyCause[] {
  const said = suspects.filter(({ strength }) => strength !== "hint");
  const shares = confidences(said);
  return said.map(({ cause, strength, matches }, at) => ({
    id: cause.id,
    confidence: shares[at] ?? 0,
    basis: strength,
    evidence: evidenceOf(text, matches),
  }));
}

/** Each place once, strongest signs first. */
function evidenceOf(text: Normalised, matches: readonly Match[]): Evidence[] {
  const found: Evidence[] = [];
  const byStrength = (a: Match, b: Match) =>
    STRONGEST_FIRST[a.signature.strength] - STRONGEST_FIRST[b.signature.strength];
  for (const { signature, hits } of [...matches].sort(byStrength))
    for (const hit of hits) {
      const { start, end } = text.origin(hit.start, hit.end);
      if (found.length < EVIDENCE_MAX && !found.some((one) => start < one.end && one.start < end))
        found.push({ start, end, signature: signature.match, strength: signature.strength });
    }
  return found;
}

// Words that a question shares with a printed error weigh less than what the whole question is about.
const QUESTION_SIGN: Record<Suspect["strength"], number> = { proof: 0.5, strong: 0.35, hint: 0.1 };

/**
 * Causes that are described like this question; signatures that its words happen to bear help a little.
 */
export function byWords(
  text: Normalised,
  likenesses: readonly Likeness[],
  suspects: readonly Suspect[],
): LikelyCause[] {
  const [likest] = likenesses;
  if (!likest) return [];
  const signs = new Map(suspects.map((suspect) => [suspect.cause.id, suspect]));
  const weigh = ({ id, score }: Likeness) => {
    const sign = signs.get(id);
    return score / likest.score + (sign ? QUESTION_SIGN[sign.strength] : 0);
  };
  const weighed = likenesses.map((likeness) => ({ likeness, sign: signs.get(likeness.id), weight: weigh(likeness) }));
  weighed.sort((a, b) => b.weight - a.weight || (a.likeness.id < b.likeness.id ? -1 : 1));
  const [best, second] = weighed;
  if (!best) return [];
  const isChance = best.likeness.terms < (best.likeness.pairs > 0 ? COMMON_PAIRS_MIN : COMMON_TERMS_MIN);
  const bySign = best.sign && best.sign.strength !== "hint" ? SIGNED_QUESTION_CONFIDENCE : 0;
  const margin = second ? 1 - second.weight / best.weight : 1;
  const confidence = Math.max(bySign, isChance ? 0 : wordsConfidence(best.likeness.coverage, margin));
  // Its words are everyday ones, but it quotes what only one trouble prints.
  const quoted = suspects.filter(({ strength }) => strength === "proof");
  const [only] = quoted;
  if (only && quoted.length === 1 && confidence < SIGNED_QUESTION_CONFIDENCE)
    return [
      {
        id: only.cause.id,
        confidence: SIGNED_QUESTION_CONFIDENCE,
        basis: "words",
        evidence: evidenceOf(text, only.matches),
      },
    ];
  return weighed.slice(0, 4).map(({ likeness: { id }, sign, weight }, at) => ({
    id,
    confidence: at === 0 ? confidence : Math.min(confidence, 1 - confidence) * (weight / best.weight),
    basis: "words",
    evidence: sign ? evidenceOf(text, sign.matches) : [],
  }));
}

/** How often a question was right that also bears a strong sign of the cause. */
const SIGNED_QUESTION_CONFIDENCE = 0.65;

/** The chain of the record that the first cause was read from, else of the one with most links. */
export function shownChain(
  text: Normalised,
  first: Suspect | undefined,
): { chain: ShownLink[]; rpc: string | null; code: string | null } {
  const [own] = first?.matches.flatMap(({ hits }) => hits) ?? [];
  let record = own?.record ?? 0;
  let chain: Chain = chainOf(textOf(text, record));
  if (!own)
    for (let at = 1; at < Math.min(text.records.length, CHAINS_MAX); at++) {
      const other = chainOf(textOf(text, at));
      if (other.links.length > chain.links.length) [record, chain] = [at, other];
    }
  const offset = text.records[record]?.start ?? 0;
  const links = chain.links.map((link) => ({
    ...text.origin(offset + link.start, offset + link.end),
    text: link.text,
  }));
  return { chain: links, rpc: chain.rpc, code: chain.code };
}
