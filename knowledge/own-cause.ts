// What an article of one's own brings to the diagnosis: signatures, and texts that prove them. Pure, client-safe.
import { z } from "zod";

const SIGNATURES_MAX = 40;
const TEXTS_MAX = 40;

const Pattern = z.string().trim().min(3).max(500);

/** As diagnosis/cause.ts has it; the title is the article's. */
export const OwnCause = z.strictObject({
  side: z.enum(["yours", "ours", "either"]),
  signatures: z
    .array(
      z.strictObject({
        match: Pattern,
        strength: z.enum(["proof", "strong", "hint"]),
        also: Pattern.optional(),
        unless: Pattern.optional(),
      }),
    )
    .max(SIGNATURES_MAX),
  /** What people write when they have it, both languages. */
  words: z.string().trim().max(2_000).default(""),
  /** Texts for which it must be the first answer. */
  fits: z.array(z.string().min(1).max(20_000)).max(TEXTS_MAX).default([]),
  /** Texts for which it must not be. */
  fitsNot: z.array(z.string().min(1).max(20_000)).max(TEXTS_MAX).default([]),
});
export type OwnCause = z.output<typeof OwnCause>;
