// Inputs made of text: JSON samples changed value by value, other formats changed by their own pieces, and noise.
import type { Input } from "./decoder.ts";
import type { Random } from "./random.ts";
import { jsonSpans } from "./spans.ts";

const nest = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

/** What JSON values are replaced by. */
const VALUES = [
  ...'null|true|false|0|-0|-1|1|1.5|1e308|1e999|-1e999|9007199254740993|4294967296|2147483648|1e-400|NaN|Infinity|0x10|01|[]|{}|[[]]|""|undefined'.split(
    "|",
  ),
  '"__proto__"',
  '"constructor"',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":1,"hasOwnProperty":1,"length":-1}',
  '{"__proto__":null}',
  '{"toJSON":"x","then":"y","valueOf":1}',
  '"\\u0000"',
  '"\\ud800"',
  '"\u202e\u2066\u001b]8;;x\u0007"',
  '"\\u001b[2J"',
  '"../../etc/shadow"',
  '"/a/../../b"',
  '"$(id)"',
  '"\';DROP TABLE node;--"',
  `"${"a".repeat(5_000)}"`,
  `"${"\\\\".repeat(500)}"`,
  `"${"-".repeat(300)}!"`,
  nest("[", "]", 60),
  nest('{"a":', "}", 40).replace("{}", "{1}"),
];
/** Rare, since every reader is slow with it and none gets far. */
const DEEP = [nest("[", "]", 3_000), nest('{"a":', "}", 3_000).replace("{}", "{1}")];
const KEYS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "",
  "\\u0000",
  "id",
  "type",
  "v",
  "a",
];
const CHARS = [
  "\0",
  "\n",
  "\r",
  "\t",
  " ",
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ":",
  ",",
  "=",
  "#",
  ".",
  "\u202e",
  "\ud83d",
  "\ufeff",
  "é",
  "0",
  "9",
  "-",
];

type Edit = { start: number; end: number; text: string };

/** Applied from the back, so that positions stay true. Edits that meet are applied one over the other. */
function applied(text: string, edits: Edit[]): string {
  let out = text;
  for (const { start, end, text: by } of edits.sort((a, b) => b.start - a.start))
    out = out.slice(0, start) + by + out.slice(Math.min(end, out.length));
  return out;
}

/** A word that is cut, repeated, emptied, or has one character changed. */
export function mutateWord(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  switch (random.below(7)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + random.pick(CHARS) + text.slice(at);
    case 2:
      return text.slice(0, at) + random.pick(CHARS) + text.slice(at + 1);
    case 3:
      return text.slice(0, at) + text.slice(at + 1 + random.below(4));
    case 4:
      return text.slice(0, at) + text.slice(Math.max(0, at - random.below(20)));
    case 5:
      return (
        text.slice(0, at) + String.fromCharCode(random.below(random.oneIn(4) ? 0x1_0000 : 0x80)) + text.slice(at + 1)
      );
    default:
      return (
        text.slice(0, at) + random.pick(CHARS).repeat(1 + random.below(random.oneIn(50) ? 3_000 : 30)) + text.slice(at)
      );
  }
}

export function noise(random: Random): string {
  let text = "";
  for (let i = random.below(60); i > 0; i--)
    text += random.oneIn(3) ? random.pick(CHARS) : String.fromCharCode(random.below(0x100));
  return text;
}

/** Mutations of these JSON values. @param isDeep false for readers that only get what a limit of depth has passed already */
export function jsonInputs(samples: readonly unknown[], isDeep = true): (random: Random) => string {
  const parts = samples.map((sample) => {
    const text = typeof sample === "string" ? sample : JSON.stringify(sample);
    return { text, spans: jsonSpans(text) };
  });
  return (random) => {
    const { text, spans } = random.pick(parts);
    const kind = random.below(24);
    if (kind === 0) return noise(random);
    if (kind === 1) return text;
    if (kind === 2) return mutateWord(random, text);
    const edits: Edit[] = [];
    for (let i = random.oneIn(3) ? 1 + random.below(4) : 1; i > 0; i--) {
      const span = random.pick(spans);
      const own = text.slice(span.start, span.end);
      const donor = random.oneIn(4) ? random.pick(parts) : { text, spans };
      const other = random.pick(donor.spans);
      edits.push({
        ...span,
        text: replacement(random, isDeep, own, span.isPair, donor.text.slice(other.start, other.end)),
      });
    }
    return applied(text, edits);
  };
}

function replacement(random: Random, isDeep: boolean, own: string, isPair: boolean, other: string): string {
  const value = () => random.pick(isDeep && random.oneIn(500) ? DEEP : VALUES);
  if (isPair) {
    switch (random.below(4)) {
      case 0:
        return `${own},${own}`; // the same key twice
      case 1:
        return `"${random.pick(KEYS)}":${value()}`;
      case 2:
        return `${own},"${random.pick(KEYS)}":${value()}`;
      default:
        return '"":0';
    }
  }
  switch (random.below(6)) {
    case 0:
      return other;
    case 1:
      return `[${own}]`;
    case 2:
      return `${own},${own}`;
    case 3:
      return own.startsWith('"') ? JSON.stringify(mutateWord(random, own.slice(1, -1))) : value();
    default:
      return value();
  }
}

/** Mutations of texts of another format, and new ones put together from its `pieces`. */
export function textInputs(samples: readonly string[], pieces: readonly string[]): (random: Random) => Input {
  return (random) => {
    const kind = random.below(16);
    if (kind === 0) return noise(random);
    if (kind === 1) return random.bytes(random.below(80));
    if (kind === 2) return random.pick(samples);
    if (kind < 7) {
      let text = "";
      for (let i = 1 + random.below(24); i > 0; i--) text += random.pick(pieces);
      return text;
    }
    if (random.oneIn(400)) return random.pick(pieces).repeat(1 + random.below(20_000));
    let text = random.pick(samples);
    for (let i = 1 + random.below(3); i > 0; i--) {
      const at = random.below(text.length + 1);
      text = random.oneIn(2)
        ? mutateWord(random, text)
        : text.slice(0, at) + random.pick(pieces) + text.slice(at + random.below(5));
    }
    return text;
  };
}
