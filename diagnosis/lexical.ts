// BM25 over what causes are called and how people describe them. Breaks ties between signatures, and answers a question in somebody's own words;
// what an unrelated text has in common with a cause is never enough for that.

import type { Cause } from "./cause.ts";
import { HAN_TERM, termsOf } from "./terms.ts";

/**
 * How well the words of a cause cover a question. `coverage` 0..1: the weight of the question's terms that the cause knows; `terms` of them,
 * `pairs` of these Chinese.
 */
export type Likeness = { id: string; score: number; coverage: number; terms: number; pairs: number };

// Usual values (Robertson & Zaragoza 2009); b is low since the words of a cause are a list, not a text whose length says anything.
const K1 = 1.2;
const B = 0.4;
/** Weight of a term that no cause knows, as a share of the rarest known one. Pairs of Chinese characters cross words and weigh less. */
const UNKNOWN_WEIGHT = { word: 0.5, pair: 0.15 };

const FIELD_WEIGHTS = { title: 1, words: 1, signatures: 0.4, article: 0.2 };

type Doc = { id: string; weights: ReadonlyMap<string, number>; length: number };

export class Lexicon {
  readonly #docs: readonly Doc[];
  /** Documents of each term. */
  readonly #holders = new Map<string, Doc[]>();
  readonly #meanLength: number;

  /** @param articles texts by cause id, in whatever languages there are */
  constructor(causes: readonly Cause[], articles: ReadonlyMap<string, string> = new Map()) {
    this.#docs = causes.map((cause) => docOf(cause, articles.get(cause.id) ?? ""));
    for (const doc of this.#docs)
      for (const term of doc.weights.keys()) this.#holders.set(term, [...(this.#holders.get(term) ?? []), doc]);
    this.#meanLength = this.#docs.reduce((sum, { length }) => sum + length, 0) / Math.max(1, this.#docs.length);
  }

  #idf(holders: number): number {
    return Math.log(1 + (this.#docs.length - holders + 0.5) / (holders + 0.5));
  }

  /** Causes that share a term with the text, best first. */
  rank(text: string): Likeness[] {
    const query = new Set(termsOf(text));
    const found = new Map<string, Likeness>();
    let total = 0;
    for (const term of query) {
      const holders = this.#holders.get(term) ?? [];
      if (holders.length === 0) {
        total += this.#idf(0) * (HAN_TERM.test(term) ? UNKNOWN_WEIGHT.pair : UNKNOWN_WEIGHT.word);
        continue;
      }
      const idf = this.#idf(holders.length);
      total += idf;
      for (const { id, weights, length } of holders) {
        const weight = weights.get(term) ?? 0;
        const gain = (weight * (K1 + 1)) / (weight + K1 * (1 - B + (B * length) / this.#meanLength));
        const likeness = found.get(id) ?? { id, score: 0, coverage: 0, terms: 0, pairs: 0 };
        likeness.score += idf * gain;
        likeness.coverage += idf * Math.min(1, weight);
        likeness.terms++;
        if (HAN_TERM.test(term)) likeness.pairs++;
        found.set(id, likeness);
      }
    }
    return [...found.values()]
      .map((one) => ({ ...one, coverage: one.coverage / total }))
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  }
}

function docOf({ id, title, words, signatures }: Cause, article: string): Doc {
  const weights = new Map<string, number>();
  const add = (text: string, weight: number) => {
    for (const term of new Set(termsOf(text))) weights.set(term, Math.max(weight, weights.get(term) ?? 0));
  };
  add(title.en, FIELD_WEIGHTS.title);
  add(title.zh, FIELD_WEIGHTS.title);
  add(words, FIELD_WEIGHTS.words);
  for (const { match } of signatures) add(plainWords(match), FIELD_WEIGHTS.signatures);
  add(article, FIELD_WEIGHTS.article);
  return { id, weights, length: weights.size };
}

/** Words in a pattern: without its classes, counts and signs. */
const plainWords = (pattern: string) => pattern.replace(/\\[a-zA-Z]|\[[^\]]*\]|\{[^}]*\}|\(\?:|[\\^$.|?*+()]/g, " ");
