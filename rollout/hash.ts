// Seeded hashing of short texts to numbers: which node comes first must be chance, but the same chance each time. Not for secrets.

/** 53 bits of a text under a seed, the same on every machine (two multiplicative 32-bit hashes, mixed). */
export function hash53(seed: string, text: string): number {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  const mix = (code: number) => {
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  };
  for (let i = 0; i < seed.length; i += 1) mix(seed.charCodeAt(i));
  mix(0x1f); // "a" + "bc" is not "ab" + "c"
  for (let i = 0; i < text.length; i += 1) mix(text.charCodeAt(i));
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}

/** Numbers in [0, 1) that are the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
