// Language and short ids of the command line: Chinese where the environment asks for it; the random end of an id is enough.
import { createHash } from "node:crypto";
import type { Text } from "../protocol/text.ts";
import { EXIT, UserError } from "./errors.ts";

/** Whether the environment asks for Chinese. */
export const isChinese = /^zh/i.test(process.env.LC_ALL || process.env.LC_MESSAGES || process.env.LANG || "");

/** The text in the caller's language. */
export const words = (text: Text | null | undefined): string => (text ? (isChinese ? text.zh : text.en) : "");

/** Last eight characters: ids begin with their time, so neighbours begin alike. */
export const shortId = (id: string): string => id.slice(-8);

export const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/**
 * The one id that begins or ends with what was typed.
 *
 * @throws UserError when none or several do
 */
export function matchId(what: string, typed: string, ids: readonly string[]): string {
  const wanted = typed.toLowerCase();
  const found = ids.filter(
    (id) => id === wanted || (wanted.length >= 4 && (id.startsWith(wanted) || id.endsWith(wanted))),
  );
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length > 1)
    throw new UserError(`${found.length} ${what}s match ${typed}`, "type more of the id", EXIT.usage);
  throw new UserError(`there is no ${what} ${typed}`, `./nodeops ${what}s lists them`, EXIT.usage);
}

/** How people compare a key (base64url): sha-256 of its bytes, the first 32 hex digits in groups of four. */
export function fingerprint(publicKey: string): string {
  const digits = createHash("sha256").update(Buffer.from(publicKey, "base64url")).digest("hex").slice(0, 32);
  return digits.replace(/(.{4})(?!$)/g, "$1 ");
}

/** Text without the characters that steer a terminal or reorder a line (control, format): names and messages come from other machines. */
export const plain = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}]/gu, (char) => (char === "\n" || char === "\t" ? char : "\ufffd"));
