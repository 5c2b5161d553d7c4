// Finds which of many plain texts stand in a line in one pass over it (Aho–Corasick, dense tables): one step a character, however many rules there are.

/** Characters beyond ASCII end every run: no literal has one. */
const ALPHABET = 128;

export class LiteralIndex {
  /** next[state * ALPHABET + char] */
  readonly #next: Uint16Array;
  /** Numbers of the texts that end in a state. */
  readonly #ends: (readonly number[])[];

  /** @throws Error for an empty text, one beyond ASCII, or more than 65,000 characters in all */
  constructor(texts: readonly string[]) {
    const children: Map<number, number>[] = [new Map()];
    const ends: number[][] = [[]];
    texts.forEach((text, number) => {
      if (text === "" || /[^\x20-\x7e\t]/.test(text)) throw new Error(`${JSON.stringify(text)} cannot be indexed`);
      let state = 0;
      for (let at = 0; at < text.length; at++) {
        const char = text.charCodeAt(at);
        let child = children[state]?.get(char);
        if (child === undefined) {
          child = children.length;
          children[state]?.set(char, child);
          children.push(new Map());
          ends.push([]);
        }
        state = child;
      }
      ends[state]?.push(number);
    });
    if (children.length > 65_000) throw new Error("too many texts for one index");
    this.#next = new Uint16Array(children.length * ALPHABET);
    this.#ends = ends;
    this.#link(children, ends);
  }

  /** Breadth first: a state's fallback is shallower, hence complete. */
  #link(children: Map<number, number>[], ends: number[][]): void {
    const fallback = new Uint16Array(children.length);
    const queue: number[] = [];
    for (let at = 0; at < queue.length + 1; at++) {
      const state = at === 0 ? 0 : (queue[at - 1] ?? 0);
      const back = fallback[state] ?? 0;
      for (let char = 0; char < ALPHABET; char++) {
        const child = children[state]?.get(char);
        const viaBack = state === 0 ? 0 : (this.#next[back * ALPHABET + char] ?? 0);
        this.#next[state * ALPHABET + char] = child ?? viaBack;
        if (child === undefined) continue;
        fallback[child] = viaBack;
        ends[child]?.push(...(ends[viaBack] ?? []));
        queue.push(child);
      }
    }
  }

  /** Numbers of the texts that stand in the line, each once, in the order of their ends. */
  find(line: string): number[] {
    const found: number[] = [];
    let state = 0;
    for (let at = 0; at < line.length; at++) {
      const char = line.charCodeAt(at);
      state = char < ALPHABET ? (this.#next[state * ALPHABET + char] ?? 0) : 0;
      const ends = this.#ends[state];
      if (ends && ends.length > 0) for (const number of ends) if (!found.includes(number)) found.push(number);
    }
    return found;
  }
}
