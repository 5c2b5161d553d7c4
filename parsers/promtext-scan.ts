// Character scanner for one exposition-format line: names, quoted strings, numbers, label sets. Used by both dialects of promtext.
//
// Both dialects are line based and no token may hold a raw line feed, so a line is always enough. Every loop advances: reading a line of
// n characters takes O(n) whatever it holds.

/** A refusal, thrown by the line readers and turned into a result by `parsePromText`. */
export class PromTextError extends Error {}

/** How one dialect writes a line. */
export interface Dialect {
  /** Blanks and tabs may stand between tokens, and one comma may follow the last label (text format 0.0.4). */
  loose: boolean;
  /** Names beyond `[a-zA-Z_:][a-zA-Z0-9_:]*` are allowed when quoted (exposition format 1.0.0, "allow-utf-8"). */
  utf8Names: boolean;
}

/** Blank or tab: what separates tokens. */
export const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;
const isDigit = (code: number) => code >= 0x30 && code <= 0x39;

/** `[a-zA-Z_]`, plus ":" in metric names, plus digits after the first character. */
function isNameChar(code: number, isMetric: boolean, isFirst: boolean): boolean {
  if ((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x5f) return true;
  if (code === 0x3a) return isMetric;
  return !isFirst && isDigit(code);
}

/** Whether the whole text is a name of the classic character set. */
export function isClassicName(text: string, isMetric: boolean): boolean {
  for (let i = 0; i < text.length; i++) if (!isNameChar(text.charCodeAt(i), isMetric, i === 0)) return false;
  return text.length > 0;
}

/** Whether the text is `[sign] digits ["." digits] [("e"|"E") [sign] digits]` with a digit in the mantissa: no hex, octal, binary or "_". */
export function isDecimal(text: string): boolean {
  let i = 0;
  const skipSign = () => {
    const code = text.charCodeAt(i);
    if (code === 0x2b || code === 0x2d) i++;
  };
  const skipDigits = () => {
    const from = i;
    while (isDigit(text.charCodeAt(i))) i++;
    return i - from;
  };
  skipSign();
  let digits = skipDigits();
  if (text.charCodeAt(i) === 0x2e) {
    i++;
    digits += skipDigits();
  }
  if (digits === 0) return false;
  if ((text.charCodeAt(i) | 0x20) === 0x65) {
    i++;
    skipSign();
    if (skipDigits() === 0) return false;
  }
  return i === text.length;
}

const SPECIAL_NUMBERS: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ...["inf", "+inf", "infinity", "+infinity"].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...["-inf", "-infinity"].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

/** A sample value, or null when it is not a number of the format. Words for infinity and NaN are read in any case. */
export function parseNumber(text: string): number | null {
  if (isDecimal(text)) return Number(text);
  return text.length <= 9 ? (SPECIAL_NUMBERS.get(text.toLowerCase()) ?? null) : null;
}

/** A label set; `metricName` is set where the name was written inside the braces: `{"my.name",a="b"}`. Labels have no prototype. */
export interface LabelSet {
  labels: Record<string, string>;
  metricName: string | null;
}

/** Reads tokens of one line from left to right. All readers throw PromTextError on what the format forbids. */
export class LineScanner {
  pos = 0;
  readonly text: string;
  readonly dialect: Dialect;

  constructor(text: string, dialect: Dialect) {
    this.text = text;
    this.dialect = dialect;
  }

  get atEnd(): boolean {
    return this.pos >= this.text.length;
  }

  is(char: string): boolean {
    return this.text[this.pos] === char;
  }

  take(char: string): boolean {
    if (!this.is(char)) return false;
    this.pos++;
    return true;
  }

  skipBlanks(): boolean {
    const from = this.pos;
    while (isBlank(this.text.charCodeAt(this.pos))) this.pos++;
    return this.pos > from;
  }

  /** Between tokens inside braces: any blanks in the loose dialect, none in the strict one. */
  gap(): void {
    if (this.dialect.loose) this.skipBlanks();
  }

  /** Up to the next blank or the end; empty when there is nothing. */
  word(): string {
    const from = this.pos;
    while (!this.atEnd && !isBlank(this.text.charCodeAt(this.pos))) this.pos++;
    return this.text.slice(from, this.pos);
  }

  rest(): string {
    const text = this.text.slice(this.pos);
    this.pos = this.text.length;
    return text;
  }

  /** An unquoted name; "" when none stands here. */
  bareName(isMetric: boolean): string {
    const from = this.pos;
    while (isNameChar(this.text.charCodeAt(this.pos), isMetric, this.pos === from)) this.pos++;
    return this.text.slice(from, this.pos);
  }

  /** A metric name, bare or quoted; "" when none stands here. */
  metricName(): string {
    return this.is('"') ? this.quotedName(true) : this.bareName(true);
  }

  quotedName(isMetric: boolean): string {
    const name = this.quoted("name");
    if (name === "") throw new PromTextError("empty quoted name");
    if (!this.dialect.utf8Names && !isClassicName(name, isMetric)) throw new PromTextError(`invalid name "${name}"`);
    return name;
  }

  /**
   * A double-quoted string; the scanner stands on the opening quote. `\\`, `\"` and `\n` are escapes. Any other backslash pair is kept
   * as written in a label value (as OpenMetrics has it and scrapers do) and refused in a name.
   */
  quoted(kind: "value" | "name"): string {
    const { text } = this;
    let from = ++this.pos;
    let out = "";
    for (; this.pos < text.length; this.pos++) {
      const char = text[this.pos];
      if (char === '"') {
        out += text.slice(from, this.pos++);
        return out;
      }
      if (char !== "\\") continue;
      const mark = text[this.pos + 1];
      const plain = mark === "n" ? "\n" : mark === "\\" || mark === '"' ? mark : null;
      if (plain !== null) {
        out += text.slice(from, this.pos) + plain;
        from = this.pos + 2;
      } else if (kind === "name") throw new PromTextError("invalid escape sequence in a quoted name");
      this.pos++;
    }
    throw new PromTextError("quoted string has no end");
  }

  /** `{…}`; the scanner stands on the brace. */
  labelSet(): LabelSet {
    const set: LabelSet = { labels: Object.create(null), metricName: null };
    this.pos++;
    this.gap();
    if (this.dialect.loose && this.take(",")) this.gap();
    else if (!this.is("}")) this.labelList(set);
    if (!this.take("}")) throw new PromTextError('expected "}" at the end of the labels');
    return set;
  }

  private labelList(set: LabelSet): void {
    do {
      this.gap();
      if (this.dialect.loose && this.is("}")) return;
      this.labelPair(set);
      this.gap();
    } while (this.take(","));
  }

  private labelPair(set: LabelSet): void {
    const isQuoted = this.is('"');
    const name = isQuoted ? this.quoted("name") : this.bareName(false);
    if (name === "") throw new PromTextError("invalid label name");
    this.gap();
    const isMetricName = isQuoted && !this.is("=");
    if (isQuoted && !this.dialect.utf8Names && !isClassicName(name, isMetricName)) {
      throw new PromTextError(`invalid name "${name}"`);
    }
    if (isMetricName) {
      if (set.metricName !== null) throw new PromTextError("more than one metric name");
      set.metricName = name;
      return;
    }
    if (!this.take("=")) throw new PromTextError(`expected "=" after label name "${name}"`);
    this.gap();
    if (!this.is('"')) throw new PromTextError(`expected a quoted value for label "${name}"`);
    if (name === "__name__") throw new PromTextError('label name "__name__" is reserved');
    if (name in set.labels) throw new PromTextError(`label "${name}" given twice`);
    set.labels[name] = this.quoted("value");
  }
}
