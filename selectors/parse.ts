// Text to selector: `pool=edge|core label:team=web name=node-*`. Total and linear: any text gives a selector or a sentence that says what is wrong.
import type { Text } from "../protocol/text.ts";
import { everything, type NamePattern, type Selector, selectorFields } from "./selector.ts";

/** Longest text, characters. */
export const SELECTOR_CHARS_MAX = 500;
/** Most terms, each alternative of a term counted. */
export const SELECTOR_TERMS_MAX = 50;

export type ParsedSelector = { ok: true; selector: Selector } | { ok: false; error: Text };

type Value = { text: string; isQuoted: boolean };

class Refusal extends Error {
  readonly text: Text;
  constructor(text: Text) {
    super(text.en);
    this.text = text;
  }
}

const refuse = (en: string, zh: string): never => {
  throw new Refusal({ en, zh });
};

const isSpace = (char: string): boolean =>
  char === " " || char === "," || char === "\t" || char === "\n" || char === "\r";
// Kept free, so that the language can grow: parentheses, set operations, comparisons.
const RESERVED = new Set('()&<>~^!=|"*;{}[]'.split(""));
const isPlain = (char: string): boolean => !isSpace(char) && !RESERVED.has(char);
const isKeyChar = (char: string): boolean => /^[A-Za-z0-9_./-]$/.test(char);
const LABEL = "label:";

/** Reads terms from left to right; `at` only ever grows. */
class Reader {
  readonly text: string;
  at = 0;
  terms = 0;

  constructor(text: string) {
    this.text = text;
  }

  peek(): string {
    return this.text[this.at] ?? "";
  }

  takeWhile(holds: (char: string) => boolean): string {
    const start = this.at;
    while (this.at < this.text.length && holds(this.peek())) this.at += 1;
    return this.text.slice(start, this.at);
  }

  take(part: string): boolean {
    if (!this.text.startsWith(part, this.at)) return false;
    this.at += part.length;
    return true;
  }

  count(): void {
    this.terms += 1;
    if (this.terms > SELECTOR_TERMS_MAX)
      refuse(`A selector may have ${SELECTOR_TERMS_MAX} terms.`, `选择器最多可有 ${SELECTOR_TERMS_MAX} 个条件。`);
  }

  /** `word`, or `"any text"` where `\` takes the next character as it is. */
  value(): Value {
    this.count();
    if (!this.take('"')) {
      const text = this.takeWhile((char) => isPlain(char) || char === "*");
      if (text === "") refuse("A value is missing after =, != or |.", "=、!= 或 | 之后缺少取值。");
      return { text, isQuoted: false };
    }
    let text = "";
    while (this.at < this.text.length && this.peek() !== '"') {
      if (this.peek() === "\\") this.at += 1;
      text += this.peek();
      this.at += 1;
    }
    if (!this.take('"')) refuse("A quotation mark is not closed.", "引号没有闭合。");
    return { text, isQuoted: true };
  }

  values(): Value[] {
    const values = [this.value()];
    while (this.take("|")) values.push(this.value());
    return values;
  }

  term(): Selector {
    if (this.take(LABEL)) {
      const key = this.takeWhile(isKeyChar);
      if (key === "") refuse("A label's name is missing after label:.", "label: 之后缺少标签名。");
      if (this.peek() !== "=" && this.peek() !== "!") {
        this.count();
        return { kind: "label", key, values: null };
      }
      return this.compare((values) => ({ kind: "label", key, values: values.map(exact) }));
    }
    const key = this.takeWhile(isPlain);
    if (key === "name") return this.compare((values) => ({ kind: "name", patterns: values.map(patternOf) }));
    const field = selectorFields.find((one) => one === key);
    if (!field) return refuse(...unknownTerm(key || this.peek()));
    return this.compare((values) => ({ kind: "field", field, values: values.map(exact) }));
  }

  compare(build: (values: Value[]) => Selector): Selector {
    const isNot = this.take("!=");
    if (!isNot && !this.take("=")) refuse("After a name comes = or !=.", "名称之后应为 = 或 !=。");
    const found = build(this.values());
    return isNot ? { kind: "not", of: found } : found;
  }

  /** All terms; each must hold. */
  all(): Selector {
    const of: Selector[] = [];
    for (this.takeWhile(isSpace); this.at < this.text.length; this.takeWhile(isSpace)) {
      of.push(this.term());
      if (this.at < this.text.length && !isSpace(this.peek())) refuse(...unknownTerm(this.peek()));
    }
    const [first, ...others] = of;
    if (!first) return refuse(...EMPTY);
    return others.length === 0 ? first : { kind: "and", of };
  }
}

const EMPTY = [
  "An empty selector matches nothing; say * for the whole fleet.",
  "空选择器不匹配任何节点；要选择整个机群请写 *。",
] as const;

const unknownTerm = (found: string) =>
  [
    `"${found}" cannot stand here. Terms are pool=, zone=, rack=, name=, label:NAME= (or !=), and * alone for the whole fleet.`,
    `此处不能出现 "${found}"。条件可为 pool=、zone=、rack=、name=、label:名称=（或 !=），单独的 * 表示整个机群。`,
  ] as const;

function exact({ text, isQuoted }: Value): string {
  if (!isQuoted && text.includes("*")) refuse("Only name= takes a *.", "只有 name= 可以使用 *。");
  return text;
}

function patternOf({ text, isQuoted }: Value): NamePattern {
  if (isQuoted) return { text, anyBefore: false, anyAfter: false };
  const anyBefore = text.startsWith("*");
  const anyAfter = text.length > 1 && text.endsWith("*");
  const inner = text.slice(anyBefore ? 1 : 0, anyAfter ? -1 : undefined);
  if (inner.includes("*")) refuse("A * may stand at a name's beginning and end.", "* 只能放在名称的开头或结尾。");
  return { text: inner, anyBefore, anyAfter };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Whether a text selects the whole fleet, nodes that join later included. */
export const isWholeFleet = (text: string): boolean => text.trim() === "*";

/** The selector of a text, or why it is none. */
export function parseSelector(text: string): ParsedSelector {
  try {
    if (text.length > SELECTOR_CHARS_MAX)
      refuse(`A selector may have ${SELECTOR_CHARS_MAX} characters.`, `选择器最多 ${SELECTOR_CHARS_MAX} 个字符。`);
    // Such text means one thing here and another one in the database.
    if (CONTROL.test(text) || !text.isWellFormed()) refuse("This text cannot be read.", "无法读取此文本。");
    return { ok: true, selector: isWholeFleet(text) ? everything : new Reader(text).all() };
  } catch (err) {
    if (err instanceof Refusal) return { ok: false, error: err.text };
    throw err;
  }
}
