// A text that is made from another one and remembers where each of its characters came from. Written by clean.ts and normalise.ts.

const DECODER = new TextDecoder("utf-16le", { ignoreBOM: true });

export class MappedText {
  #chars: Uint16Array;
  #at: Int32Array;
  length = 0;

  /** @param room characters expected; it grows when there are more */
  constructor(room: number) {
    this.#chars = new Uint16Array(room + 16);
    this.#at = new Int32Array(room + 16);
  }

  /** Adds a UTF-16 unit that came from offset `at`. */
  push(char: number, at: number): void {
    if (this.length === this.#chars.length) this.#grow();
    this.#chars[this.length] = char;
    this.#at[this.length] = at;
    this.length++;
  }

  #grow(): void {
    const chars = new Uint16Array(this.#chars.length * 2);
    chars.set(this.#chars);
    this.#chars = chars;
    const at = new Int32Array(this.#at.length * 2);
    at.set(this.#at);
    this.#at = at;
  }

  /** The last unit; 0 when there is none. */
  last(): number {
    return this.length === 0 ? 0 : this.charAt(this.length - 1);
  }

  charAt(position: number): number {
    return this.#chars[position] ?? 0;
  }

  /** Offset in the other text of the character at `position`. */
  originOf(position: number): number {
    return this.#at[position] ?? 0;
  }

  slice(start: number, end: number): string {
    return DECODER.decode(this.#chars.subarray(start, end));
  }

  /** Lone surrogates become U+FFFD, so that no reader stumbles over them. */
  toString(): string {
    return this.slice(0, this.length);
  }
}

/** Smallest range of the other text that holds all of [start, end). Characters of a JSON line may stand in another order there. */
export function originRange(text: MappedText, start: number, end: number): { start: number; end: number } {
  let first = text.originOf(start);
  let last = first;
  for (let position = start + 1; position < end; position++) {
    const at = text.originOf(position);
    if (at < first) first = at;
    if (at > last) last = at;
  }
  return { start: first, end: last + 1 };
}
