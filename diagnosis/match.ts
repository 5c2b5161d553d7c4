// Which signatures a normalised text bears. One pass of the literal index over each record; RE2 runs only where a literal of its pattern stands,
// and only as long as the budget lasts.
import { RE2JS } from "re2js";
import { literalsOf } from "../log-rules/literal.ts";
import { LiteralIndex } from "../log-rules/literal-index.ts";
import type { Cause, Signature } from "./cause.ts";
import type { Normalised } from "./normalise.ts";

/** Where a pattern fits: positions in the normalised text, and the record. */
export type Hit = { start: number; end: number; record: number };

/** A signature that fits, and where. */
export type Match = {
  cause: Cause;
  signature: Signature;
  hits: readonly Hit[];
  /** Characters in a row that every fit of the pattern has: the more, the less it is by chance. */
  plainChars: number;
};

/** `isCutShort`: the budget ran out, later records were read for fewer signatures. */
export type Matched = { matches: Match[]; isCutShort: boolean };

/** Places kept of one pattern: what it shows, it shows by these. */
const HITS_MAX = 3;
/** "hit", "bpf", "nfs": pastes are short, so three characters filter well enough. */
const LITERAL_CHARS_MIN = 3;
/** Longer records are read in windows, each overlapping the one before. */
const WINDOW_CHARS = 4_000;
const OVERLAP_CHARS = 1_000;
/** Characters given to RE2 for one text, each run counted with what it costs to begin: some 300 ms. */
const BUDGET_CHARS = 6_000_000;
const RUN_COST_CHARS = 200;
/** Ids and numbers: records that differ in nothing else are read once. */
const CHANGING = /[0-9a-f]{8,}|\d+/g;

type Window = { text: string; start: number; record: number };

/** ASCII letters in lower case: the length stays, whatever the language. */
export const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** The same for a pattern, where a letter behind a backslash is no letter. */
export const lowerPattern = (pattern: string): string =>
  pattern.replace(/\\.|[A-Z]+/g, (part) => (part.startsWith("\\") ? part : part.toLowerCase()));

export class SignatureIndex {
  readonly #causes: readonly Cause[];
  readonly #regexes = new Map<string, RE2JS>();
  /** Patterns of all signatures' `match`, each once, and how much plain text each insists upon. */
  readonly #patterns: readonly string[];
  readonly #plainChars = new Map<string, number>();
  readonly #index: LiteralIndex;
  /** Patterns behind each literal of the index. */
  readonly #behind: readonly (readonly number[])[];

  /** @throws Error naming the cause of a pattern that has no plain text of three ASCII characters to look for */
  constructor(causes: readonly Cause[]) {
    this.#causes = causes;
    const numbers = new Map<string, number>();
    const byLiteral = new Map<string, number[]>();
    for (const { id, signatures } of causes)
      for (const { match } of signatures) {
        if (numbers.has(match)) continue;
        const number = numbers.size;
        numbers.set(match, number);
        const texts = literals(id, match);
        this.#plainChars.set(match, Math.min(...texts.map((text) => text.length)));
        for (const literal of texts) byLiteral.set(literal, [...(byLiteral.get(literal) ?? []), number]);
      }
    this.#patterns = [...numbers.keys()];
    this.#index = new LiteralIndex([...byLiteral.keys()]);
    this.#behind = [...byLiteral.values()];
  }

  /** Compiled when first needed: most signatures never are. */
  #regex(pattern: string): RE2JS {
    let regex = this.#regexes.get(pattern);
    if (!regex) {
      regex = RE2JS.compile(lowerPattern(pattern));
      this.#regexes.set(pattern, regex);
    }
    return regex;
  }

  /** Compiles every pattern now. @throws Error naming one that RE2 does not take */
  verify(): void {
    for (const { signatures } of this.#causes)
      for (const { match, also, unless } of signatures)
        for (const pattern of [match, also, unless]) if (pattern !== undefined) this.#regex(pattern);
  }

  find(text: Normalised): Matched {
    const lower = lowerAscii(text.text);
    const hits = new Map<string, Hit[]>();
    let budget = BUDGET_CHARS;
    for (const window of windowsOf(lower, text.records)) {
      for (const pattern of this.#asked(window.text)) {
        const found = hits.get(pattern) ?? [];
        if (found.length >= HITS_MAX || budget < 0) continue;
        budget -= window.text.length + RUN_COST_CHARS;
        const hit = this.#hit(pattern, window);
        if (hit) hits.set(pattern, [...found, hit]);
      }
    }
    const answers = new Map<string, boolean>();
    const stands = (pattern: string): boolean => {
      let answer = answers.get(pattern);
      if (answer === undefined) {
        budget -= lower.length + RUN_COST_CHARS;
        answer = budget >= 0 && this.#regex(pattern).test(lower);
        answers.set(pattern, answer);
      }
      return answer;
    };
    return { matches: this.#matches(hits, stands), isCutShort: budget < 0 };
  }

  /** Patterns a literal of which stands in the text. */
  #asked(text: string): Set<string> {
    const asked = new Set<string>();
    for (const literal of this.#index.find(text))
      for (const number of this.#behind[literal] ?? []) asked.add(this.#patterns[number] ?? "");
    return asked;
  }

  #hit(pattern: string, { text, start, record }: Window): Hit | null {
    const regex = this.#regex(pattern);
    // Whether it fits is told far faster than where.
    if (!regex.test(text)) return null;
    const matcher = regex.matcher(text);
    if (!matcher.find() || matcher.end() === matcher.start()) return null;
    return { start: start + matcher.start(), end: start + matcher.end(), record };
  }

  #matches(hits: ReadonlyMap<string, Hit[]>, stands: (pattern: string) => boolean): Match[] {
    return this.#causes.flatMap((cause) =>
      cause.signatures.flatMap((signature) => {
        const { match, also, unless } = signature;
        const found = hits.get(match);
        if (!found || (also !== undefined && !stands(also)) || (unless !== undefined && stands(unless))) return [];
        return [{ cause, signature, hits: found, plainChars: this.#plainChars.get(match) ?? 0 }];
      }),
    );
  }
}

function literals(id: string, pattern: string): string[] {
  try {
    return literalsOf(lowerPattern(pattern), LITERAL_CHARS_MIN);
  } catch (err) {
    throw new Error(`${id}: ${err instanceof Error ? err.message : String(err)}`);
  }
}

/** Records in lower case, those left out that say nothing new, long ones in parts. */
function* windowsOf(lower: string, records: Normalised["records"]): Generator<Window> {
  const seen = new Set<string>();
  for (const [record, { start, end }] of records.entries()) {
    if (end - start <= WINDOW_CHARS) {
      const own = lower.slice(start, end);
      const kind = own.replace(CHANGING, "#");
      if (seen.has(kind)) continue;
      seen.add(kind);
      yield { text: own, start, record };
      continue;
    }
    for (let from = start; from < end; from += WINDOW_CHARS - OVERLAP_CHARS) {
      const to = Math.min(end, from + WINDOW_CHARS);
      yield { text: lower.slice(from, to), start: from, record };
      if (to === end) break;
    }
  }
}
