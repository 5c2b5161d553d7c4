// Short ways to write signatures: the tag says how much one match proves, the text between the backticks is RE2 as it stands.
import type { Signature, Strength } from "../cause.ts";

type Tag = (pattern: TemplateStringsArray) => Signature;
const tag =
  (strength: Strength): Tag =>
  ({ raw }) => ({ match: raw[0] ?? "", strength });

export const proof = tag("proof");
export const strong = tag("strong");
export const hint = tag("hint");

/** Something that only counts beside `also`. */
export const beside = (signature: Signature, also: string): Signature => ({ ...signature, also });
/** Something that does not count where `unless` is said, too. */
export const without = (signature: Signature, unless: string): Signature => ({ ...signature, unless });
