// Pasted text → what is wrong, likeliest first, with the places in the text that say so, or "don't know". Pure and deterministic; the same everywhere.
import { bySigns, byWords, type LikelyCause, type ShownLink, shownChain, textOf } from "./answer.ts";
import type { Cause } from "./cause.ts";
import { KNOWN_CONFIDENCE_MIN } from "./confidence.ts";
import { Lexicon } from "./lexical.ts";
import { type Match, SignatureIndex } from "./match.ts";
import { type Normalised, normalise } from "./normalise.ts";
import { isQuestion, mayBeTold } from "./question.ts";
import { rank } from "./rank.ts";

export type Diagnosis = {
  /** Likeliest first; empty unless isKnown. */
  causes: readonly LikelyCause[];
  /** False: nothing here is certain enough to be said. */
  isKnown: boolean;
  /** Errors of the record that the first cause was read from, outer to inner. */
  chain: readonly ShownLink[];
  /** The call that failed, and its innermost gRPC status. */
  rpc: string | null;
  code: string | null;
  /** Programs that spoke. */
  components: readonly string[];
  /** What was left out of the middle of a longer input, UTF-16 units. */
  cutChars: number;
  /** The text asked for more comparisons than are made: a cause in its later part may be missing. */
  isCutShort: boolean;
};

const CAUSES_MAX = 8;
/** Longer pastes are logs: lines of these that have nothing to do with each other would meet. */
const ONE_MESSAGE_CHARS_MAX = 2_000;

/** What is prepared once for a catalogue of causes. */
export class Engine {
  readonly index: SignatureIndex;
  readonly lexicon: Lexicon;

  /** @throws Error naming a signature that cannot be indexed */
  constructor(causes: readonly Cause[]) {
    this.index = new SignatureIndex(causes);
    this.lexicon = new Lexicon(causes);
  }

  diagnose(input: string): Diagnosis {
    const text = normalise(input);
    const { matches, isCutShort } = this.index.find(text);
    const found = this.conclude(text, matches);
    if (found.isKnown || text.records.length < 2 || text.text.length > ONE_MESSAGE_CHARS_MAX)
      return { ...found, isCutShort };
    // Perhaps it is one message, broken where nothing shows it.
    const whole = asOne(text);
    const again = this.conclude(whole, this.index.find(whole).matches);
    return { ...(again.isKnown ? again : found), isCutShort };
  }

  /** What follows from these matches; evaluations leave some out. */
  conclude(text: Normalised, found: readonly Match[]): Omit<Diagnosis, "isCutShort"> {
    const matches = found.map((match) => (isOnlyIdle(text, match) ? asHint(match) : match));
    const isAsked = isQuestion(text);
    const likenesses = this.lexicon.rank(isAsked ? text.text : saidBy(text, matches));
    const suspects = rank(text.text, text.records, matches, likenesses);
    const isSigned = suspects.some(({ strength }) => strength !== "hint");
    // Programs share their words ("no such file", "too many requests"): what is printed is known by its signs or not at all.
    const isRead = isSigned && !isAsked;
    const isTold = isAsked || (!isSigned && mayBeTold(text));
    const answers = isRead ? bySigns(text, suspects) : isTold ? byWords(text, likenesses, suspects) : [];
    const isKnown = (answers[0]?.confidence ?? 0) >= KNOWN_CONFIDENCE_MIN;
    return {
      causes: isKnown ? answers.slice(0, CAUSES_MAX) : [],
      isKnown,
      ...shownChain(text, suspects[0]),
      components: text.components,
      cutChars: text.cutChars,
    };
  }
}

const engines = new WeakMap<readonly Cause[], Engine>();

/** The engine of a catalogue, made once. */
export function engineOf(causes: readonly Cause[]): Engine {
  let engine = engines.get(causes);
  if (!engine) {
    engine = new Engine(causes);
    engines.set(causes, engine);
  }
  return engine;
}

/**
 * What is wrong, judging by this text. Takes time in proportion to the text, whatever it says.
 * @param causes the catalogue; prepared on its first use, so hand in the same array each time
 * @throws Error only for a catalogue with a signature that cannot be indexed
 */
export const diagnose = (input: string, causes: readonly Cause[]): Diagnosis => engineOf(causes).diagnose(input);

/** Shims end and are cleaned up every day: what is told as information, without a word of trouble, is no more than a hint. */
const isOnlyIdle = ({ records }: Normalised, { hits }: Match) =>
  hits.every(({ record }) => records[record]?.isIdle ?? false);
const asHint = (match: Match): Match => ({ ...match, signature: { ...match.signature, strength: "hint" } });

/** The same text as a single record; every position stays. */
const asOne = (text: Normalised): Normalised => ({
  ...text,
  text: text.text.replaceAll("\n", " "),
  records: [
    { start: 0, end: text.text.length - 1, component: text.records[0]?.component ?? null, twin: null, isIdle: false },
  ],
});

/** The records that signatures fit in; the whole text when there is none. */
function saidBy(text: Normalised, matches: readonly Match[]): string {
  const records = new Set(matches.flatMap(({ hits }) => hits.map(({ record }) => record)));
  if (records.size === 0) return text.text;
  return [...records].map((record) => textOf(text, record)).join("\n");
}
