// Text of a condition → tokens. The language is expr (github.com/expr-lang/expr), which Argo Rollouts writes its conditions in. Next: syntax.ts.

export type ErrorKind = "syntax" | "type" | "runtime";

/** Why a condition has no answer. `syntax` and `type` are known before any data; `runtime` depends on it. */
export class ConditionError extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export type Token = {
  kind: "number" | "string" | "name" | "operator" | "bracket" | "end";
  text: string;
  /** Whole numbers are bigint (64 bits), others number, as their types differ in the language. */
  value?: bigint | number | string;
};

/** Longest condition that is read, characters. */
export const SOURCE_MAX = 4096;

const WORD_OPERATORS = new Set([
  "not",
  "in",
  "or",
  "and",
  "matches",
  "contains",
  "startsWith",
  "endsWith",
  "let",
  "if",
  "else",
]);

const PATTERN = new RegExp(
  [
    String.raw`(?<space>\s+|//[^\n]*|/\*[^]*?\*/)`,
    String.raw`(?<number>0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*(?:\.(?!\.)[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?[\d_]+)?)`,
    String.raw`(?<string>"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')`,
    String.raw`(?<raw>\x60[^\x60]*\x60)`,
    String.raw`(?<name>[\p{L}_$][\p{L}\p{N}_$]*)`,
    String.raw`(?<bracket>[()[\]{}])`,
    String.raw`(?<operator>\?\?|\?\.|\.\.|::|\|\||&&|==|!=|<=|>=|\*\*|[|:,;%+\-^&!=*<>?./#])`,
  ].join("|"),
  "uy",
);

/** @throws ConditionError("syntax") */
export function tokenize(source: string): Token[] {
  if (source.length > SOURCE_MAX) throw new ConditionError("syntax", `longer than ${SOURCE_MAX} characters`);
  const tokens: Token[] = [];
  for (let at = 0; at < source.length; ) {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(source);
    if (!match) throw new ConditionError("syntax", `unrecognized character: ${source[at]}`);
    at = PATTERN.lastIndex;
    if (match.groups?.space !== undefined) continue;
    const token = tokenOf(match[0], match.groups ?? {});
    if (token.kind === "number" && /[\p{L}\p{N}_$]/u.test(source[at] ?? ""))
      throw new ConditionError("syntax", `bad number syntax: ${match[0]}${source[at]}`);
    tokens.push(token);
  }
  tokens.push({ kind: "end", text: "end" });
  return tokens;
}

function tokenOf(text: string, groups: Record<string, string | undefined>): Token {
  if (groups.number !== undefined) return { kind: "number", text, value: numberOf(text.replaceAll("_", "")) };
  if (groups.string !== undefined) return { kind: "string", text, value: unescaped(text.slice(1, -1)) };
  if (groups.raw !== undefined) return { kind: "string", text, value: text.slice(1, -1) };
  if (groups.bracket !== undefined) return { kind: "bracket", text };
  if (groups.name !== undefined) return { kind: WORD_OPERATORS.has(text) ? "operator" : "name", text };
  return { kind: "operator", text };
}

const INT64_MAX = 2n ** 63n - 1n;

function numberOf(digits: string): bigint | number {
  if (!/^0[xXoObB]/.test(digits) && /[.eE]/.test(digits)) {
    const value = Number(digits);
    if (!Number.isFinite(value)) throw new ConditionError("syntax", `invalid float literal: ${digits}`);
    return value;
  }
  try {
    const whole = BigInt(digits.replace(/^0+(?=\d)/, ""));
    if (whole <= INT64_MAX) return whole;
  } catch (err) {
    if (!(err instanceof SyntaxError)) throw err;
  }
  throw new ConditionError("syntax", `invalid integer literal: ${digits}`);
}

const ESCAPES: Record<string, string> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
  "?": "?",
};

function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))/g,
    (_, x?: string, u?: string, braced?: string, long?: string, octal?: string, other?: string) => {
      const hex = x ?? u ?? braced ?? long;
      const code =
        hex === undefined ? (octal === undefined ? null : Number.parseInt(octal, 8)) : Number.parseInt(hex, 16);
      if (code !== null && code <= 0x10ffff) return String.fromCodePoint(code);
      const plain = ESCAPES[other ?? ""];
      if (plain === undefined) throw new ConditionError("syntax", "invalid escape in a string");
      return plain;
    },
  );
}
