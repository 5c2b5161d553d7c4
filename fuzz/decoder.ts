// What is fuzzed: one value a decoder, listed in decoders/index.ts. The harness (run.ts) draws inputs from it and watches what it does with them.
import type { Random } from "./random.ts";

/** Text stays text, so that half surrogate pairs survive. */
export type Input = string | Uint8Array;

export type Decoder = {
  name: string;
  /** What is read, and who can send it. */
  what: string;
  /** Share of the usual number of inputs, 0–1, for decoders that are slow by nature; `why` says what costs. */
  share?: { of: number; why: string };
  /** The next input: mostly a valid sample with a few changes, sometimes noise. */
  generate: (random: Random) => Input;
  /**
   * Decodes. True: taken. False: refused in the way that the decoder documents.
   * @throws whatever the decoder throws beyond that: a fault
   */
  decode: (input: Input) => boolean | Promise<boolean>;
};

const TEXT = "text:";

/** Input as one word for a report: base64, text as UTF-16LE behind "text:". */
export const toWord = (input: Input): string =>
  typeof input === "string"
    ? TEXT + Buffer.from(input, "utf16le").toString("base64")
    : Buffer.from(input).toString("base64");

export const fromWord = (word: string): Input =>
  word.startsWith(TEXT)
    ? Buffer.from(word.slice(TEXT.length), "base64").toString("utf16le")
    : new Uint8Array(Buffer.from(word, "base64"));

/** For decoders of text: bytes are read as the process would read them. */
export const asText = (input: Input): string =>
  typeof input === "string" ? input : Buffer.from(input).toString("utf8");

/** For decoders of bytes. */
export const asBytes = (input: Input): Uint8Array => (typeof input === "string" ? Buffer.from(input, "utf8") : input);
