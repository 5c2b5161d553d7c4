// Decoders with faults that end or block a thread, for the test of pool.ts.
import type { Decoder } from "./decoder.ts";

const numbers = (random: { below: (count: number) => number }): string => String(random.below(100));

/** Input 0 to 99; one of them never ends, one takes all memory. */
export const decoders: readonly Decoder[] = [
  { name: "fine", what: "planted", generate: numbers, decode: (input) => Number(input) < 50 },
  {
    name: "hangs",
    what: "planted",
    generate: numbers,
    decode: (input) => {
      for (let i = 0; Number(input) === 42; i++) Math.sqrt(i);
      return true;
    },
  },
  {
    name: "hoards",
    what: "planted",
    generate: numbers,
    decode: (input) => {
      const kept: unknown[] = [];
      while (Number(input) === 42) kept.push(new Array(2_000_000).fill(0));
      return kept.length === 0;
    },
  },
];
