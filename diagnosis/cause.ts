// What a cause is: the thing that is wrong, in words, and the signatures by which texts betray it. Pure data; `causes/` holds them by theme.

/** Who can end it: the container's owner (image, limits, configuration), who runs the node, or either (the evidence must tell). */
export type Side = "yours" | "ours" | "either";

/** How much one match says: proof = only this cause prints it; strong = nearly always this cause; hint = counts only beside something else. */
export type Strength = "proof" | "strong" | "hint";

export type Signature = {
  /**
   * RE2, case does not count. Asked of normalised text: one blank between words, escapes and fancy quotes undone (`\"` is `"`), wrapped lines joined;
   * so write what the component's format string prints, with single blanks, and `\S+` where it puts a name.
   */
  match: string;
  strength: Strength;
  /** RE2 that must fit somewhere in the same text, too. */
  also?: string;
  /** RE2 that may fit nowhere in the same text: a better-known cause prints it. */
  unless?: string;
};

export type Cause = {
  /** kebab-case; an article of this name, or the article of one of `checks`, explains it. */
  id: string;
  title: { en: string; zh: string };
  side: Side;
  signatures: readonly Signature[];
  /** Causes whose outer errors this one brings about: where both are seen, they rank behind it. */
  explains?: readonly string[];
  /** Checks of the catalogue that find the same thing on a node. */
  checks?: readonly string[];
  /** What people write when they have it, in their own words, both languages: for lexical ranking only. */
  words: string;
};
