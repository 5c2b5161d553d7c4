// Whether a text is TOML 1.0 by its syntax (https://toml.io/en/v1.0.0), with bounds: no key or table twice, no nesting or size without end. It says
// nothing of what the values mean to whoever reads them. One pass, no backtracking.
import { isCharacter, isScalar } from "./toml-scalars.ts";

const DEPTH_MAX = 32;
const KEYS_MAX = 20_000;

const BARE = /[A-Za-z0-9_-]/;
/** Longest number or date that is looked at. */
const SCALAR_MAX = 80;

class Fault extends Error {}

/** What a name stands for: table (named by a header), implied (on the way to one), dotted, list (of tables) or value. */
type Entry = { kind: "table" | "implied" | "dotted" | "list" | "value"; children: Map<string, Entry> };
const entry = (kind: Entry["kind"]): Entry => ({ kind, children: new Map() });

class Reader {
  readonly #text: string;
  #at = 0;
  #keys = 0;
  readonly #root = entry("table");
  #table = this.#root;

  constructor(text: string) {
    this.#text = text;
  }

  /** The whole document. @throws Fault */
  read(): void {
    for (;;) {
      this.#skip(true);
      if (this.#at >= this.#text.length) return;
      if (this.#peek() === "[") this.#header();
      else this.#pair(this.#table, 0);
      this.#lineEnd();
    }
  }

  line(): number {
    let line = 1;
    for (let i = 0; i < this.#at && i < this.#text.length; i += 1) if (this.#text[i] === "\n") line += 1;
    return line;
  }

  #peek(ahead = 0): string {
    return this.#text[this.#at + ahead] ?? "";
  }

  #take(wanted: string): void {
    if (this.#text.startsWith(wanted, this.#at)) this.#at += wanted.length;
    else throw new Fault(`"${wanted}" expected`);
  }

  /** Blanks and comments; line ends too where they mean nothing. */
  #skip(overLines: boolean): void {
    for (;;) {
      const c = this.#peek();
      if (c === " " || c === "\t") this.#at += 1;
      else if (c === "#") this.#comment();
      else if (overLines && (c === "\n" || (c === "\r" && this.#peek(1) === "\n"))) this.#at += 1;
      else return;
    }
  }

  #comment(): void {
    while (this.#at < this.#text.length && this.#peek() !== "\n") {
      if (isControl(this.#peek()) && !(this.#peek() === "\r" && this.#peek(1) === "\n"))
        throw new Fault("a control character");
      this.#at += 1;
    }
  }

  #lineEnd(): void {
    this.#skip(false);
    if (this.#at < this.#text.length) this.#take(this.#peek() === "\r" ? "\r\n" : "\n");
  }

  #header(): void {
    const isList = this.#text.startsWith("[[", this.#at);
    this.#take(isList ? "[[" : "[");
    const path = this.#key();
    this.#take(isList ? "]]" : "]");
    const last = path.pop() ?? "";
    let table = this.#root;
    for (const part of path) table = this.#step(table, part, "implied");
    const known = table.children.get(last);
    if (isList) {
      if (known && known.kind !== "list") throw new Fault(`"${last}" is there already`);
      this.#table = entry("list"); // its next element begins empty
    } else {
      if (known && known.kind !== "implied") throw new Fault(`"${last}" is there already`);
      this.#table = known ?? entry("table");
      this.#table.kind = "table";
    }
    table.children.set(last, this.#table);
  }

  #step(table: Entry, part: string, kind: "implied" | "dotted"): Entry {
    const known = table.children.get(part);
    const isOpen = kind === "dotted" ? known?.kind === "dotted" : known?.kind !== "value";
    if (known && !isOpen) throw new Fault(`"${part}" is there already`);
    const next = known ?? entry(kind);
    table.children.set(part, next);
    return next;
  }

  #pair(table: Entry, depth: number): void {
    const path = this.#key();
    this.#take("=");
    this.#skip(false);
    const last = path.pop() ?? "";
    let into = table;
    for (const part of path) into = this.#step(into, part, "dotted");
    if (into.children.has(last)) throw new Fault(`"${last}" is there already`);
    this.#keys += 1;
    if (this.#keys > KEYS_MAX) throw new Fault(`more than ${KEYS_MAX} keys`);
    into.children.set(last, entry("value"));
    this.#value(depth);
  }

  #key(): string[] {
    const path: string[] = [];
    for (;;) {
      this.#skip(false);
      const c = this.#peek();
      if (c === '"' || c === "'") path.push(this.#string(false));
      else {
        const from = this.#at;
        while (BARE.test(this.#peek())) this.#at += 1;
        if (this.#at === from) throw new Fault("a key expected");
        path.push(this.#text.slice(from, this.#at));
      }
      if (path.length > DEPTH_MAX) throw new Fault("nested too deep");
      this.#skip(false);
      if (this.#peek() !== ".") return path;
      this.#at += 1;
    }
  }

  #value(depth: number): void {
    if (depth > DEPTH_MAX) throw new Fault("nested too deep");
    const c = this.#peek();
    if (c === '"' || c === "'") this.#string(true);
    else if (c === "[") this.#array(depth);
    else if (c === "{") this.#inline(depth);
    else this.#scalar();
  }

  #scalar(): void {
    const from = this.#at;
    while (this.#at - from <= SCALAR_MAX && /[A-Za-z0-9+\-_.:]/.test(this.#peek())) this.#at += 1;
    // A date may have one blank before its time.
    if (this.#at - from === 10 && this.#peek() === " " && /\d/.test(this.#peek(1))) {
      this.#at += 1;
      while (this.#at - from <= SCALAR_MAX && /[0-9+\-.:Zz]/.test(this.#peek())) this.#at += 1;
    }
    if (!isScalar(this.#text.slice(from, this.#at))) throw new Fault("a value expected");
  }

  #array(depth: number): void {
    this.#take("[");
    for (;;) {
      this.#skip(true);
      if (this.#peek() === "]") break;
      this.#value(depth + 1);
      this.#skip(true);
      if (this.#peek() !== ",") break;
      this.#at += 1;
    }
    this.#take("]");
  }

  #inline(depth: number): void {
    this.#take("{");
    this.#skip(false);
    const table = entry("value");
    while (this.#peek() !== "}") {
      this.#pair(table, depth + 1);
      this.#skip(false);
      if (this.#peek() !== ",") break;
      this.#at += 1;
      this.#skip(false);
      if (this.#peek() === "}") throw new Fault("a key expected");
    }
    this.#take("}");
  }

  /** @returns what a key is called by; escapes are checked and left as they are written */
  #string(mayBeLong: boolean): string {
    const quote = this.#peek();
    const isLong = this.#text.startsWith(quote.repeat(3), this.#at);
    if (isLong && !mayBeLong) throw new Fault("a key on one line expected");
    const end = isLong ? quote.repeat(3) : quote;
    this.#at += end.length;
    const from = this.#at;
    while (!this.#text.startsWith(end, this.#at)) {
      const c = this.#peek();
      if (c === "") throw new Fault("a text without end");
      if (c === "\\" && quote === '"') this.#escape(isLong);
      else if (isControl(c) && !(isLong && (c === "\n" || (c === "\r" && this.#peek(1) === "\n"))))
        throw new Fault("a control character in a text");
      else this.#at += 1;
    }
    const text = this.#text.slice(from, this.#at);
    this.#at += end.length;
    // A long text may end with up to two quotes of its own.
    for (let more = 0; isLong && more < 2 && this.#peek() === quote; more += 1) this.#at += 1;
    return text;
  }

  #escape(isLong: boolean): void {
    const found = /^\\(["\\bfnrt]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})/.exec(this.#text.slice(this.#at, this.#at + 10));
    if (found && isCharacter(found[1] ?? "")) this.#at += found[0].length;
    else if (isLong && /^\\[ \t]{0,8}\r?\n/.test(this.#text.slice(this.#at, this.#at + 12))) this.#at += 1;
    else throw new Fault("an unknown escape");
  }
}

/** All but the tabulator. */
const isControl = (c: string): boolean => (c < " " && c !== "\t") || c === "\u007f";

/** What is wrong with it, with its line; null when it is right. Never throws, and quotes no value: configuration may hold secrets. */
export function tomlError(text: string): string | null {
  const reader = new Reader(text);
  try {
    reader.read();
    return null;
  } catch (err) {
    if (err instanceof Fault) return `line ${reader.line()}: ${err.message}`;
    throw err;
  }
}
