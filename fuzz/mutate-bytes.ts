// Inputs made of bytes: MessagePack frames changed value by value, length fields edited, bits flipped, and noise.
import type { Random } from "./random.ts";
import { msgpackSpans, type Span } from "./spans.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const str = (text: string): Uint8Array => Uint8Array.from([0xa0 | text.length, ...Buffer.from(text)]);
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

/** What MessagePack values are replaced by: ends of ranges, wrong types, lengths that lie, extensions of several libraries, cycles, nesting. */
const VALUES: readonly Uint8Array[] = [
  ..."c0,c1,c2,c3,00,7f,ff,e0,80,90,a0,c400,cb7ff0000000000000,cbfff0000000000000,cb7ff8000000000000,ca7fc00000,cf7fffffffffffffff,d38000000000000000,d3ffffffffffffffff,cb43e0000000000000,dd01ffffff,ddffffffff,dfffffffff,df00ffffff,dbffffffff,c6ffffffff,c9ffffffff00,dcffff,deffff,d9ff,da7fff"
    .split(",")
    .map(hex),
  hex("c70142 05"), // big integer
  hex("d669 00000001 91 d670 00000001"), // array that holds itself
  hex("d669 00000001 82 a161 01 a162 d670 00000001"),
  hex("d670 00000007"), // pointer to nothing
  hex("d472 40 92 a161 a162 01 02"), // record definition
  hex("d572 00 41 92 a161 a162 01 02"),
  join(hex("d472 40 91"), str("__proto__"), hex("81 a161 01")),
  hex("c7017892 a1 28 a0"), // regular expression
  hex("d473 00 93 01 02 03"), // set
  hex("d465 00 93 a5 4572726f72 a161 c0"), // error
  hex("d6ff 00000001"), // dates
  hex("c70cff 000000007fffffffffffffff"),
  hex("c70874 00 01020304050607"), // typed array
  hex("d462 00 00000010 a161 a162"), // bundled strings
  hex("d40000"),
  join(hex("81"), str("__proto__"), hex("81 a8 706f6c6c75746564 c3")),
  join(hex("81"), str("constructor"), hex("81"), str("prototype"), hex("81 a161 01")),
  join(hex("82"), str("toJSON"), hex("01"), str("then"), hex("01")),
  join(str("\0\u0001")),
  hex("a3 eda080"), // half a surrogate pair as UTF-8
  hex("a2 c328"), // not UTF-8
  join(new Uint8Array(60).fill(0x91), hex("c0")),
  join(hex("da1388"), new Uint8Array(5_000).fill(0x61)),
];
/** Rare: every reader unwinds its whole stack for it. */
const DEEP = join(new Uint8Array(5_000).fill(0x91), hex("c0"));
const KEYS = ["__proto__", "constructor", "prototype", "toString", "type", "v", ""].map(str);

export function flip(random: Random, bytes: Uint8Array): Uint8Array {
  const out = Uint8Array.from(bytes);
  for (let i = 1 + random.below(3); i > 0; i--) {
    const at = random.below(out.length);
    out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
  }
  return out;
}

const spliced = (bytes: Uint8Array, start: number, end: number, by: Uint8Array): Uint8Array => {
  const out = new Uint8Array(bytes.length - (end - start) + by.length);
  out.set(bytes.subarray(0, start));
  out.set(by, start);
  out.set(bytes.subarray(end), start + by.length);
  return out;
};

/** Bytes cut, repeated, overwritten or with bits flipped; knows nothing of the format. */
export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length + 1);
  switch (random.below(5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return spliced(bytes, at, Math.min(bytes.length, at + random.below(6)), random.bytes(random.below(6)));
    case 2: {
      const to = Math.min(bytes.length, at + random.below(40));
      return spliced(bytes, at, at, bytes.subarray(at, to));
    }
    default:
      return flip(random, bytes);
  }
}

/** Mutations of these MessagePack documents. */
export function msgpackInputs(samples: readonly Uint8Array[]): (random: Random) => Uint8Array {
  const parts = samples.map((bytes) => ({ bytes, spans: msgpackSpans(bytes) }));
  return (random) => {
    const sample = random.pick(parts);
    const kind = random.below(20);
    if (kind === 0) return random.bytes(random.below(200));
    if (kind === 1) return sample.bytes;
    if (kind < 5) return mutateBytes(random, sample.bytes);
    let bytes = sample.bytes;
    // The outermost value is one of the last; a later edit may hit moved bytes, which is as good a mutation.
    for (let i = random.oneIn(3) ? 1 + random.below(3) : 1; i > 0; i--)
      bytes = edited(random, bytes, random.pick(sample.spans), random.pick(parts));
    return bytes;
  };
}

function edited(
  random: Random,
  bytes: Uint8Array,
  span: Span,
  donor: { bytes: Uint8Array; spans: Span[] },
): Uint8Array {
  const start = Math.min(span.start, bytes.length);
  const end = Math.min(span.end, bytes.length);
  const own = bytes.subarray(start, end);
  if (span.isPair && random.oneIn(2)) {
    // The count of the map is left as it is: either a pair too many, or one that was replaced.
    const pair = join(random.pick(KEYS), random.pick(VALUES));
    return spliced(bytes, start, random.oneIn(3) ? start : end, pair);
  }
  switch (random.below(5)) {
    case 0: {
      const other = random.pick(donor.spans);
      return spliced(bytes, start, end, donor.bytes.subarray(other.start, other.end));
    }
    case 1:
      return spliced(bytes, start, end, join(hex("92"), own, own));
    case 2: {
      // Length field or type of this very value.
      const out = Uint8Array.from(bytes);
      if (start < out.length) out[start] = random.below(256);
      return out;
    }
    default:
      return spliced(bytes, start, end, random.oneIn(500) ? DEEP : random.pick(VALUES));
  }
}
