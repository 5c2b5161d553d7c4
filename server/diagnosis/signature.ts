// A signature guessed from texts that nobody could answer: the longest stretch that stays the same, with `\S+` where names and numbers stand. Pure.
import { SignatureIndex } from "../../diagnosis/match.ts";
import { type Normalised, normalise } from "../../diagnosis/normalise.ts";

/** A guess needs so many plain characters and words: less is chance. */
const PLAIN_CHARS_MIN = 14;
const WORDS_MIN = 2;
/** Words of one guess, those that change included. */
const TOKENS_MAX = 12;
const PATTERN_CHARS_MAX = 300;
/** Guesses that are tried, longest first. */
const TRIED_MAX = 80;
const LINES_MAX = 60;

/** What differs from one case to the next: numbers, ids, paths, quoted names, addresses, what was left out. */
const isChanging = (token: string): boolean =>
  /\d|["'<>=@\\{}[\]]|\/\S|\(left$|^out\)/.test(token) || token.length > 40 || !/[a-z]/i.test(token);

const escaped = (token: string): string =>
  token.replace(/[.*+?^${}()|[\]\\/-]/g, (c) => (c === "/" || c === "-" ? c : `\\${c}`));

type Guess = { pattern: string; plain: number };

/** All stretches of a line that begin and end with a plain word. */
function guessesOf(line: string): Guess[] {
  const tokens = line.split(" ").filter((token) => token !== "");
  const guesses: Guess[] = [];
  for (let from = 0; from < tokens.length; from++) {
    if (isChanging(tokens[from] ?? "")) continue;
    const parts: string[] = [];
    let plain = 0;
    let words = 0;
    for (const token of tokens.slice(from, from + TOKENS_MAX)) {
      const changes = isChanging(token);
      parts.push(changes ? "\\S+" : escaped(token));
      if (changes) continue;
      plain += token.length + 1;
      words += 1;
      const pattern = parts.join(" ");
      if (plain >= PLAIN_CHARS_MIN && words >= WORDS_MIN && pattern.length <= PATTERN_CHARS_MAX)
        guesses.push({ pattern, plain });
    }
  }
  return guesses;
}

/** Lines in which something failed first: they say more than what surrounds them. */
const TROUBLE =
  /fail|error|cannot|could not|unable|denied|refused|invalid|timed? ?out|not found|missing|fatal|panic|失败|错误|无法/i;

const linesOf = ({ text, records }: Normalised): string[] => {
  const lines = records
    .slice(0, LINES_MAX * 4)
    .map(({ start, end }) => text.slice(start, Math.min(end, start + 2_000)));
  const trouble = lines.filter((line) => TROUBLE.test(line));
  return (trouble.length > 0 ? trouble : lines).slice(0, LINES_MAX);
};

/** Whether a signature fits a text, asked exactly as the engine does. False for one that the engine does not take. */
export function fitsText(pattern: string, text: Normalised): boolean {
  const title = { en: "", zh: "" };
  const signature = { match: pattern, strength: "strong" as const };
  try {
    const index = new SignatureIndex([{ id: "guess", title, side: "either", signatures: [signature], words: "" }]);
    index.verify();
    return index.find(text).matches.length > 0;
  } catch {
    return false;
  }
}

/**
 * @param texts of the cases: the guess fits the newest one, and as many of the others as possible
 * @param others texts of other causes, none of which it fits
 * @returns null when nothing in the text is long enough and its own
 */
export function guessSignature(texts: readonly string[], others: readonly string[]): string | null {
  const [newest, ...rest] = texts.map(normalise);
  if (!newest) return null;
  const foreign = others.map((text) => normalise(text).text.toLowerCase());
  const own = rest.map(({ text }) => text.toLowerCase());
  const guesses = [
    ...new Map(
      linesOf(newest)
        .flatMap(guessesOf)
        .map((guess) => [guess.pattern, guess]),
    ).values(),
  ];
  const ranked = guesses
    .sort((a, b) => b.plain - a.plain)
    .slice(0, TRIED_MAX * 4)
    .map((guess) => ({ ...guess, fits: new RegExp(guess.pattern.toLowerCase().replaceAll("\\s+", "\\S+")) }))
    .map((guess) => ({ ...guess, shared: own.filter((text) => guess.fits.test(text)).length }))
    .sort((a, b) => b.shared - a.shared || b.plain - a.plain)
    .slice(0, TRIED_MAX);
  for (const { pattern, fits } of ranked)
    if (!foreign.some((text) => fits.test(text)) && fitsText(pattern, newest)) return pattern;
  return null;
}
