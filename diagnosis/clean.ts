// First pass over a paste, character by character: colours go, escapes, entities and printed quotes become what they stand for. Then normalise.ts.
import type { MappedText } from "./mapped-text.ts";

const BACKSLASH = 92;
const NEWLINE = 10;
const BLANK = 32;
const QUOTE = 34;
const ESCAPE = 27;

// Each is tried at one place only, and is bounded.
const [BELL, ESC] = [String.fromCharCode(7), String.fromCharCode(27)];
const ANSI = new RegExp(`\\[[\\d;?]{0,20}[A-Za-z]|\\][^${BELL}${ESC}\\n]{0,200}(?:${BELL}|${ESC}\\\\)?`, "y");
const ENTITY = /&(?:amp;){0,4}(quot|apos|nbsp|lt|gt|amp|#0?39|#x27|#34|#x22);/y;
const HEX = /[\da-f]{4}/iy;
const LINE_END = /[ \t\r]{0,80}\n/y;

const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"',
  "#34": '"',
  "#x22": '"',
  nbsp: " ",
  lt: "<",
  gt: ">",
  amp: "&",
};

/** Ends of what matches there, or -1. */
function endOf(pattern: RegExp, input: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(input) ? pattern.lastIndex : -1;
}

/** A character beyond ASCII as plain as it can be told; 0: leave it out. */
function plainer(char: number): number {
  if (char >= 0xff01 && char <= 0xff5e) return char - 0xfee0; // full-width forms
  switch (char) {
    case 0x201c: // “
    case 0x201d:
    case 0x201e:
    case 0x201f:
    case 0xab:
    case 0xbb:
      return QUOTE;
    case 0x2018: // ‘
    case 0x2019:
    case 0x201a:
    case 0x201b:
    case 0xb4:
      return 39;
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2212:
      return 45;
    case 0xa0:
    case 0x3000:
    case 0x202f:
      return BLANK;
    case 0xad:
    case 0xfeff:
    case 0x2060:
      return 0;
    case 0x2028:
    case 0x2029:
    case 0x85:
      return NEWLINE;
    default:
  }
  if (char >= 0x2000 && char <= 0x200a) return BLANK;
  if ((char >= 0x200b && char <= 0x200f) || (char >= 0x202a && char <= 0x202e)) return 0;
  return char >= 0x80 && char < 0xa0 ? BLANK : char;
}

/** What backslashes and the character after them mean; writes it and returns where to go on. */
function writeEscape(input: string, from: number, to: number, out: MappedText): number {
  let at = from;
  while (at < to && input.charCodeAt(at) === BACKSLASH) at++;
  const next = at < to ? input.charAt(at) : "";
  switch (next) {
    case '"':
    case "'":
    case "/":
      out.push(next.charCodeAt(0), at);
      return at + 1;
    case "n":
    case "t":
      out.push(BLANK, at);
      return at + 1;
    case "r":
      return at + 1;
    case "u": {
      const end = endOf(HEX, input, at + 1);
      if (end === -1 || end > to) break;
      const char = Number.parseInt(input.slice(at + 1, end), 16);
      if (char === ESCAPE) return Math.max(end, endOf(ANSI, input, end));
      out.push(Math.max(char, BLANK), at);
      return end;
    }
    default: {
      const end = endOf(LINE_END, input, at);
      if (end === -1 || end > to) break;
      out.push(BLANK, at);
      return end;
    }
  }
  out.push(BACKSLASH, at - 1);
  return at;
}

/** Writes input[from, to) to `out`, cleaned. Line breaks stay; all other white space becomes blanks. */
export function cleanInto(out: MappedText, input: string, from: number, to: number): void {
  for (let at = from; at < to; ) {
    const char = input.charCodeAt(at);
    if (char === BACKSLASH) {
      at = writeEscape(input, at, to, out);
      continue;
    }
    if (char === ESCAPE) {
      at = Math.min(to, Math.max(at + 1, endOf(ANSI, input, at + 1)));
      continue;
    }
    if (char === 38) {
      ENTITY.lastIndex = at;
      const name = ENTITY.exec(input)?.[1];
      if (name) {
        out.push((ENTITIES[name] ?? "'").charCodeAt(0), at);
        at = ENTITY.lastIndex;
        continue;
      }
    }
    const plain = char < 0x80 ? (char < BLANK && char !== NEWLINE ? (char === 13 ? 0 : BLANK) : char) : plainer(char);
    if (plain !== 0) out.push(plain, at);
    at++;
  }
}
