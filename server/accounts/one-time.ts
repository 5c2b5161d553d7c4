// Secrets that are shown once: one-time passwords and tokens, and what the database keeps of them.
import { createHash, randomBytes } from "node:crypto";

/** Letters and digits that are not mistaken for one another. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";

/** Five groups of four, about 116 bits. */
export function generatePassword(): string {
  const pick = (): string => {
    // 224 is the largest multiple of 56 below 256: no letter is likelier than another.
    for (;;) for (const byte of randomBytes(8)) if (byte < 224) return ALPHABET[byte % ALPHABET.length] ?? "";
  };
  return Array.from({ length: 5 }, () => Array.from({ length: 4 }, pick).join("")).join("-");
}

/** sha-256 of a token, hex: what the database keeps. */
export const hashToken = (token: string): string => createHash("sha256").update(token).digest("hex");

/** A new API token; recognisable by scanners through its prefix. */
export const newToken = (): string => `nopt_${randomBytes(32).toString("base64url")}`;
