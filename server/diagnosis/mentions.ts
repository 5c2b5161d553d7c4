// Names in a text that may be those of a container, pod or node: what to look up. Pure.

export type Mentions = {
  /** Beginnings of container ids, longest first. */
  ids: readonly string[];
  /** What may be a pod's or node's name, as it was written, first mentioned first. */
  names: readonly string[];
};

/** Digits alone are times and sizes, unless they are as long as ids are printed. */
const isIdLength = (length: number): boolean => length === 12 || length >= 32;
const IDS_MAX = 30;
const NAMES_MAX = 300;
/** Where the text is longer, its ends are looked at. */
const CHARS_MAX = 200_000;

/** Short words are everyday words; a name has a digit or a hyphen in it, or is long. */
const isNameLike = (word: string): boolean => word.length >= 4 && (/[\d-]/.test(word) || word.length >= 8);

export function mentionsIn(text: string): Mentions {
  const seen = text.length > CHARS_MAX ? `${text.slice(0, CHARS_MAX / 2)}\n${text.slice(-CHARS_MAX / 2)}` : text;
  const ids = new Set<string>();
  // Numbers alone are times and sizes.
  for (const [word] of seen.matchAll(/(?<![0-9a-z])[0-9a-f]{8,64}(?![0-9a-z])/g))
    if (/[a-f]/.test(word) || isIdLength(word.length)) ids.add(word);
  const names = new Set<string>();
  for (const [word] of seen.matchAll(/(?<![\w.-])[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?![\w-])/g)) {
    if (names.size >= NAMES_MAX) break;
    if (isNameLike(word)) names.add(word);
  }
  return { ids: [...ids].sort((a, b) => b.length - a.length).slice(0, IDS_MAX), names: [...names] };
}
