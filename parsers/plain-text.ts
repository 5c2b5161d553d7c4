// Text of unknown origin made inert: what nodes, containers and other programs wrote is shown as it is, but it can no longer steer a terminal,
// reorder the line it stands in or hide in it. The console and the command line pass everything through here that came from the server.

/** Longest text that is shown, UTF-16 units; longer evidence stays whole in the database. */
export const PLAIN_TEXT_MAX = 262_144;

// Colours and weights of terminals. Dropping them hides nothing, and many logs are full of them. Bounded, so that matching is linear.
const COLOUR = "(?:\\u001b\\[|\\u009b)[\\d;:]{0,64}m";
// Controls (C0, C1), bidi and other format characters, invisible ones, line separators of Unicode, lone halves of surrogate pairs.
// Line feed and tab are text. U+FE0E and U+FE0F only choose between two looks of a symbol.
const UNSEEN = "(?![\\n\\t\\ufe0e\\ufe0f])[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}]";
const ANY = new RegExp(UNSEEN, "u");
// Almost every text is plain ASCII; saying so costs a tenth of asking Unicode's tables.
const ASCII = /^[\n\t -~]*$/;
const ASCII_LINE = /^[ -~]*$/;
const EACH = new RegExp(`${COLOUR}|\\r\\n|${UNSEEN}`, "gu");
/** Marks piled on one letter cover the lines around it; no script needs more than this many. */
const PILE = /(\p{M}{8})\p{M}+/gu;

/** How a character that must not work is shown: ␛, ␍, ⟨U+202E⟩. */
function visible(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  if (code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, "0")}\u27e9`;
}

function replace(found: string): string {
  if (found === "\r\n") return "\n";
  return found.endsWith("m") ? "" : visible(found); // only colours end so
}

function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = max - 1;
  const last = text.charCodeAt(end - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end)}…`;
}

/** Text that may have lines: line feeds and tabs stay, everything that acts without being seen becomes visible. At most `max` units long. */
export function plainText(text: string, max: number = PLAIN_TEXT_MAX): string {
  if (text.length <= max && ASCII.test(text)) return text;
  const short = cut(text, max);
  const seen = ANY.test(short) ? cut(short.replace(EACH, replace), max) : short;
  return seen.replace(PILE, "$1");
}

/** The same in one line, for cells and messages: a line feed would forge a second row. */
export function plainLine(text: string, max: number = PLAIN_TEXT_MAX): string {
  if (text.length <= max && ASCII_LINE.test(text)) return text;
  return cut(plainText(text, max).replaceAll("\n", "\u240a").replaceAll("\t", " "), max);
}

/** Deeper than this nothing of ours nests. */
const DEPTH_MAX = 64;

/**
 * A value of any shape with every text in it made inert, keys too; what needs no change is not copied. Dates and other objects with a class of
 * their own stay as they are, and so does what lies under a key in `exact`.
 */
export function plainValue<T>(value: T, exact: readonly string[] = []): T {
  const walk = (part: unknown, depth: number): unknown => {
    if (typeof part === "string") return plainText(part);
    if (typeof part !== "object" || part === null) return part;
    if (depth > DEPTH_MAX) return null;
    const inner = (item: unknown): unknown => walk(item, depth + 1);
    if (Array.isArray(part)) {
      const items = part.map(inner);
      return items.some((item, i) => item !== part[i]) ? items : part;
    }
    if (part instanceof Map) return new Map([...part].map(([key, item]) => [inner(key), inner(item)]));
    if (part instanceof Set) return new Set([...part].map(inner));
    const prototype = Object.getPrototypeOf(part);
    if (prototype !== Object.prototype && prototype !== null) return part;
    let isChanged = false;
    const entries = Object.entries(part).map(([key, item]) => {
      const name = plainLine(key, 1_024);
      const plain = exact.includes(key) ? item : inner(item);
      isChanged ||= name !== key || plain !== item;
      return [name, plain] as const;
    });
    return isChanged ? Object.fromEntries(entries) : part;
  };
  return walk(value, 0) as T; // the same shape, only texts differ
}

/** JSON text with the same characters written as \u escapes: harmless on a terminal, and nothing is lost for a program that reads it. */
export const escapeJson = (json: string): string =>
  json.replace(new RegExp(UNSEEN, "gu"), (char) =>
    char
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
