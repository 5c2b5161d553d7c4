// Text of a regular expression (RE2's dialect, the parts people write) → its tree. No back references, no look-around: RE2 has none. Used by pattern.ts.
import { ConditionError } from "./tokens.ts";

export type PatternNode =
  | { type: "char"; accepts: (char: string) => boolean }
  /** Between two characters; "" is the start or the end of the text. */
  | { type: "assert"; holds: (before: string, after: string) => boolean }
  | { type: "sequence"; parts: PatternNode[] }
  | { type: "either"; options: PatternNode[] }
  | { type: "repeat"; part: PatternNode; min: number; max: number | null };

/** RE2 refuses more. */
const REPEAT_MAX = 1000;
const DEPTH_MAX = 100;

const CLASSES: Record<string, RegExp> = { d: /^\d$/, w: /^\w$/, s: /^[\t\n\f\r ]$/ };

const POSIX: Record<string, RegExp> = {
  alpha: /^[A-Za-z]$/,
  digit: /^\d$/,
  alnum: /^[A-Za-z0-9]$/,
  upper: /^[A-Z]$/,
  lower: /^[a-z]$/,
  space: /^[\t\n\v\f\r ]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  xdigit: /^[A-Fa-f0-9]$/,
  word: /^\w$/,
};

const LITERAL_ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v", a: "\x07" };

type Flags = { isCaseless: boolean; isMultiline: boolean; doesDotTakeLineEnd: boolean };

/** @throws ConditionError("runtime") */
export function parsePattern(pattern: string): PatternNode {
  return new PatternParser(pattern).whole();
}

class PatternParser {
  readonly #chars: string[];
  #at = 0;
  #depth = 0;
  #flags: Flags = { isCaseless: false, isMultiline: false, doesDotTakeLineEnd: false };

  constructor(pattern: string) {
    this.#chars = [...pattern];
  }

  whole(): PatternNode {
    const node = this.#either();
    if (this.#at < this.#chars.length) throw this.#wrong("unexpected )");
    return node;
  }

  #peek(ahead = 0): string {
    return this.#chars[this.#at + ahead] ?? "";
  }

  #take(text: string): boolean {
    if (this.#chars.slice(this.#at, this.#at + text.length).join("") !== text) return false;
    this.#at += text.length;
    return true;
  }

  #wrong(why: string): ConditionError {
    return new ConditionError("runtime", `error parsing regexp: ${why}`);
  }

  #either(): PatternNode {
    if (++this.#depth > DEPTH_MAX) throw this.#wrong("nested too deeply");
    const flags = this.#flags;
    const options = [this.#sequence()];
    while (this.#take("|")) options.push(this.#sequence());
    this.#flags = flags;
    this.#depth--;
    return { type: "either", options };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#at < this.#chars.length && this.#peek() !== "|" && this.#peek() !== ")") {
      parts.push(this.#repeated(this.#atom()));
    }
    return { type: "sequence", parts };
  }

  #repeated(part: PatternNode): PatternNode {
    const limits = this.#limits();
    if (!limits) return part;
    this.#take("?"); // lazy or greedy: the same text matches
    if (this.#limits()) throw this.#wrong("invalid nested repetition operator");
    return { type: "repeat", part, ...limits };
  }

  #limits(): { min: number; max: number | null } | null {
    if (this.#take("*")) return { min: 0, max: null };
    if (this.#take("+")) return { min: 1, max: null };
    if (this.#take("?")) return { min: 0, max: 1 };
    const match = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#chars.slice(this.#at, this.#at + 12).join(""));
    if (!match) return null;
    this.#at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] ? Number(match[3]) : null;
    if (min > REPEAT_MAX || (max !== null && (max < min || max > REPEAT_MAX)))
      throw this.#wrong(`invalid repeat count: ${match[0]}`);
    return { min, max };
  }

  #atom(): PatternNode {
    const char = this.#peek();
    if ("*+?".includes(char)) throw this.#wrong(`missing argument to repetition operator: ${char}`);
    this.#at++;
    switch (char) {
      case "(":
        return this.#group();
      case "[":
        return { type: "char", accepts: this.#class() };
      case ".":
        return this.#flags.doesDotTakeLineEnd ? any() : { type: "char", accepts: (own) => own !== "\n" };
      case "^":
        return this.#flags.isMultiline ? lineStart() : textStart();
      case "$":
        return this.#flags.isMultiline ? lineEnd() : textEnd();
      case "\\":
        return this.#escape();
      default:
        return this.#literal(char);
    }
  }

  #literal(char: string): PatternNode {
    if (!this.#flags.isCaseless) return { type: "char", accepts: (own) => own === char };
    const folded = char.toLowerCase();
    return { type: "char", accepts: (own) => own.toLowerCase() === folded };
  }

  #group(): PatternNode {
    if (this.#take("?")) {
      const flags = /^(?:(P?<\w+>)|([ims]*)(:|\)))/.exec(this.#chars.slice(this.#at, this.#at + 80).join(""));
      if (!flags) throw this.#wrong("invalid or unsupported Perl syntax");
      this.#at += flags[0].length;
      const outside = this.#flags;
      this.#flags = withFlags(outside, flags[2] ?? "");
      // `(?i)` holds to the end of the group around it; `(?i:…)` only inside.
      if (flags[3] === ")") return { type: "sequence", parts: [] };
      const node = this.#closed();
      this.#flags = outside;
      return node;
    }
    return this.#closed();
  }

  #closed(): PatternNode {
    const node = this.#either();
    if (!this.#take(")")) throw this.#wrong("missing closing )");
    return node;
  }

  #escape(): PatternNode {
    const char = this.#peek();
    if (char === "b" || char === "B" || char === "A" || char === "z") {
      this.#at++;
      if (char === "A") return textStart();
      if (char === "z") return textEnd();
      return { type: "assert", holds: (before, after) => (/\w/.test(before) !== /\w/.test(after)) === (char === "b") };
    }
    const accepts = this.#escapedClass();
    return accepts ? { type: "char", accepts } : this.#literal(this.#escapedChar());
  }

  #escapedClass(): ((char: string) => boolean) | null {
    const char = this.#peek();
    const own = CLASSES[char.toLowerCase()];
    if (!own) return null;
    this.#at++;
    return (other) => own.test(other) === (char === char.toLowerCase());
  }

  #escapedChar(): string {
    const char = this.#peek();
    this.#at++;
    const hex =
      char === "x"
        ? /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(this.#chars.slice(this.#at, this.#at + 8).join(""))
        : null;
    if (hex) {
      this.#at += hex[0].length;
      return String.fromCodePoint(Math.min(0x10ffff, Number.parseInt(hex[1] ?? hex[2] ?? "0", 16)));
    }
    const plain = LITERAL_ESCAPES[char] ?? (/^[\p{L}\p{N}]?$/u.test(char) ? null : char);
    if (plain === null) throw this.#wrong(`invalid escape sequence: \\${char}`);
    return plain;
  }

  #class(): (char: string) => boolean {
    const isNegated = this.#take("^");
    const tests: ((char: string) => boolean)[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== "]"; isFirst = false) {
      if (this.#at >= this.#chars.length) throw this.#wrong("missing closing ]");
      tests.push(this.#posixClass() ?? this.#rangeOrClass());
    }
    this.#at++;
    const { isCaseless } = this.#flags;
    const accepts = (char: string) => tests.some((test) => test(char));
    return (char) =>
      (accepts(char) || (isCaseless && (accepts(char.toLowerCase()) || accepts(char.toUpperCase())))) !== isNegated;
  }

  #posixClass(): ((char: string) => boolean) | null {
    const match = /^\[:(\^?)(\w+):\]/.exec(this.#chars.slice(this.#at, this.#at + 14).join(""));
    const own = POSIX[match?.[2] ?? ""];
    if (!match || !own) return null;
    this.#at += match[0].length;
    return (char) => own.test(char) === (match[1] === "");
  }

  #rangeOrClass(): (char: string) => boolean {
    if (this.#peek() === "\\") {
      this.#at++;
      const accepts = this.#escapedClass();
      if (accepts) return accepts;
      this.#at--;
    }
    const from = this.#classChar();
    if (this.#peek() !== "-" || this.#peek(1) === "]" || this.#peek(1) === "") return (char) => char === from;
    this.#at++;
    const [low, high] = [from.codePointAt(0) ?? 0, this.#classChar().codePointAt(0) ?? 0];
    if (high < low) throw this.#wrong("invalid character class range");
    return (char) => (char.codePointAt(0) ?? -1) >= low && (char.codePointAt(0) ?? -1) <= high;
  }

  #classChar(): string {
    const char = this.#peek();
    this.#at++;
    return char === "\\" ? this.#escapedChar() : char;
  }
}

const any = (): PatternNode => ({ type: "char", accepts: () => true });
const textStart = (): PatternNode => ({ type: "assert", holds: (before) => before === "" });
const textEnd = (): PatternNode => ({ type: "assert", holds: (_, after) => after === "" });
const lineStart = (): PatternNode => ({ type: "assert", holds: (before) => before === "" || before === "\n" });
const lineEnd = (): PatternNode => ({ type: "assert", holds: (_, after) => after === "" || after === "\n" });

function withFlags({ isCaseless, isMultiline, doesDotTakeLineEnd }: Flags, letters: string): Flags {
  const has = (letter: string) => letters.includes(letter);
  return {
    isCaseless: isCaseless || has("i"),
    isMultiline: isMultiline || has("m"),
    doesDotTakeLineEnd: doesDotTakeLineEnd || has("s"),
  };
}
