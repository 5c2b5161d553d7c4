// A paste as people make it → records of plain text: one blank between words, no times, no escapes, wrapped lines joined. First step of diagnose.ts.
import { cleanInto } from "./clean.ts";
import { headOf } from "./heads.ts";
import { partsOfJsonLine } from "./json-line.ts";
import { MappedText, originRange } from "./mapped-text.ts";

/** A stretch of the normalised text that was said at once. */
export type Passage = {
  start: number;
  end: number;
  component: string | null;
  /** Number of the record that it is another reading of. */
  twin: number | null;
  /** Marked as information by its writer, and without a word of trouble. */
  isIdle: boolean;
};

export type Normalised = {
  /** Records, one a line. */
  text: string;
  records: readonly Passage[];
  /** Programs that spoke, in the order of their first line. */
  components: readonly string[];
  /** UTF-16 units of the input that were left out of the middle. */
  cutChars: number;
  /** The range of the input that a range of `text` came from. */
  origin: (start: number, end: number) => { start: number; end: number };
};

/** What is read of a paste, UTF-16 units: half of it from the beginning, half from the end, where errors stand. */
export const INPUT_CHARS_MAX = 1_000_000;
/** Of all records together, what is given a second time because a line may have been broken within a word. */
const TWICE_CHARS_MAX = 20_000;
const COMPONENTS_MAX = 20;

const NEWLINE = 10;
const BLANK = 32;

/** A line that ends so is not at its end. */
const OPEN_END = /[:,(=[{|&+<]$|[a-z0-9"'`)] -$/;
const CONTINUES = /^[a-z0-9"'`(/[{\u4e00-\u9fff]/;
const SENTENCE_END = /[.!?;)\]}"'。]$/;
const TROUBLE =
  /error|err=|fail|cannot|can't|couldn't|could not|unable|denied|refused|time-?d? ?out|too many|exceed|no such|not found|n't exist|invalid|full|missing|not ready|unhealthy|kill|evict|pressure|dropp|panic|abort|corrupt|conflict|mismatch|not \w*(?:supported|allowed|permitted|implemented|available)|out of|low on|retry|unauthorized|forbidden|expired|deadline|warn/i;
/** Lines at least so long may have been broken by the width of a window. */
const WRAPPED_CHARS_MIN = 70;

/** Cleans the whole input; log lines in JSON are unfolded on the way. */
function cleaned(input: string): MappedText {
  const out = new MappedText(input.length);
  for (let from = 0; from < input.length; ) {
    const newline = input.indexOf("\n", from);
    const to = newline === -1 ? input.length : newline + 1;
    const parts = partsOfJsonLine(input, from, newline === -1 ? to : newline);
    // A backslash at the end of a line takes the break with it, so a plain line is cleaned with its break.
    if (!parts) cleanInto(out, input, from, to);
    else {
      for (const part of parts)
        if ("glue" in part) for (const char of part.glue) out.push(char.charCodeAt(0), from);
        else cleanInto(out, input, part.from, part.to);
      out.push(NEWLINE, to - 1);
    }
    from = to;
  }
  return out;
}

/** The record that is being put together. */
type Open = {
  start: number;
  indent: number;
  firstWord: string;
  component: string | null;
  isInformation: boolean;
  /** Whether a quotation has begun that has not ended. */
  isQuoting: boolean;
  /** Places where two lines were joined that may be one word. */
  joints: number[];
  /** The line before, whole. */
  line: string;
};

class Writer {
  readonly out: MappedText;
  readonly records: Passage[] = [];
  readonly components = new Set<string>();
  readonly #from: MappedText;
  /** What #from says. */
  readonly #text: string;
  #open: Open | null = null;
  #twice = 0;

  constructor(from: MappedText, text: string) {
    this.#from = from;
    this.#text = text;
    this.out = new MappedText(from.length);
  }

  /** Takes the next line, [start, end) of the cleaned text. */
  line(start: number, end: number): void {
    const text = this.#text;
    let body = start;
    while (body < end && text.charCodeAt(body) === BLANK) body++;
    if (body === end) {
      this.close();
      return;
    }
    const { from, tag, isRecord, isInformation, component } = headOf(text, body);
    const said = text.slice(Math.min(from, end), end).trimEnd();
    if (isRecord || !this.#open || !isContinued(this.#open, said, body - start)) {
      this.close();
      if (component && this.components.size < COMPONENTS_MAX) this.components.add(component);
      this.#open = {
        start: this.out.length,
        indent: body - start,
        firstWord: firstWord(said),
        component,
        isInformation,
        isQuoting: false,
        joints: [],
        line: "",
      };
      if (tag) this.#copy(tag.start, tag.end);
    } else {
      if (body === start) this.#open.joints.push(this.out.length);
      this.#blank(body);
    }
    this.#open.line = text.slice(start, end).trimEnd();
    this.#copy(from, end);
  }

  #blank(origin: number): void {
    const last = this.out.last();
    if (last !== BLANK && last !== NEWLINE && last !== 0) this.out.push(BLANK, this.#from.originOf(origin));
  }

  #copy(start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const char = this.#text.charCodeAt(at);
      if (char === BLANK) this.#blank(at);
      else this.out.push(char, this.#from.originOf(at));
      if (char === 34 && this.#open) this.#open.isQuoting = !this.#open.isQuoting;
    }
  }

  /** Ends the record; where a word may have been broken in two it is given again with these words whole. */
  close(): void {
    const open = this.#open;
    if (!open) return;
    this.#open = null;
    if (this.out.last() === BLANK) this.out.length--;
    const { start, component, joints } = open;
    const end = this.out.length;
    if (end === start) return;
    const isIdle = open.isInformation && !TROUBLE.test(this.out.slice(start, end));
    this.records.push({ start, end, component, twin: null, isIdle });
    this.out.push(NEWLINE, this.out.originOf(end - 1));
    if (joints.length === 0 || this.#twice + end - start > TWICE_CHARS_MAX) return;
    this.#twice += end - start;
    const places = new Set(joints);
    const twin = this.records.length - 1;
    const again = this.out.length;
    for (let at = start; at < end; at++) if (!places.has(at)) this.out.push(this.out.charAt(at), this.out.originOf(at));
    this.records.push({ start: again, end: this.out.length, component, twin, isIdle });
    this.out.push(NEWLINE, this.out.originOf(end - 1));
  }
}

const firstWord = (text: string) => text.slice(0, 60).split(" ", 1)[0] ?? "";

/** Whether a line without a head of its own goes on with the record before it. */
function isContinued({ line, indent, firstWord: first, isQuoting }: Open, said: string, indentHere: number): boolean {
  if (indentHere > indent || OPEN_END.test(line)) return true;
  if (isQuoting && indentHere === indent) return true;
  if (CONTINUES.test(said)) return firstWord(said) !== first;
  return line.length >= WRAPPED_CHARS_MIN && !SENTENCE_END.test(line);
}

/** Never throws; takes time in proportion to the input. */
export function normalise(input: string): Normalised {
  const half = INPUT_CHARS_MAX / 2;
  const cutChars = Math.max(0, input.length - INPUT_CHARS_MAX);
  const read = cutChars === 0 ? input : `${input.slice(0, half - 1)}\n${input.slice(-half)}`;
  const from = cleaned(read);
  const lines = from.toString();
  const writer = new Writer(from, lines);
  for (let start = 0; start < lines.length; ) {
    const newline = lines.indexOf("\n", start);
    const end = newline === -1 ? lines.length : newline;
    writer.line(start, end);
    start = end + 1;
  }
  writer.close();
  const { out, records, components } = writer;
  return {
    text: out.toString(),
    records,
    components: [...components],
    cutChars,
    origin(start, end) {
      const range = originRange(out, start, end);
      // What stands behind the part that was left out stands so much further in the input.
      const shift = (at: number) => (at > half - 1 ? at + cutChars : at);
      return { start: shift(range.start), end: shift(range.end - 1) + 1 };
    },
  };
}
