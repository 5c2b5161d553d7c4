// The join token that the console shows: where it is checked, and which CA and signing key it pins.
import { JOIN_TOKEN_PREFIX, JoinToken } from "../../protocol/messages.ts";

/** Reads a join token. @throws Error in words for the person who pasted it */
export function parseJoinToken(text: string): JoinToken {
  const trimmed = text.trim();
  if (!trimmed.startsWith(JOIN_TOKEN_PREFIX))
    throw new Error(`a join token starts with "${JOIN_TOKEN_PREFIX}"; copy the whole line`);
  let raw: unknown;
  try {
    raw = JSON.parse(Buffer.from(trimmed.slice(JOIN_TOKEN_PREFIX.length), "base64url").toString("utf8"));
  } catch {
    throw new Error("the join token is incomplete: copy the whole line");
  }
  const parsed = JoinToken.safeParse(raw);
  if (!parsed.success || ![parsed.data.ca, parsed.data.key].every((hex) => /^[0-9a-f]{64}$/i.test(hex)))
    throw new Error("the join token is damaged: make a new one in the console");
  return parsed.data;
}
