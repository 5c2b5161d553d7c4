// Statements that are not stored before they are signed (keys, lifts): the same for everybody within a minute, good for half an hour.
import { type Statement, type StatementSignature, statementChallenge } from "../../protocol/statement.ts";
import type { ToSign } from "./schema.ts";
import { isSignedBy, type SigningKey } from "./signature.ts";

const SLOT_MS = 60_000;
const SLOTS = 30;

/** What is to be signed, without its end. */
type Timeless = Statement extends infer S ? (S extends Statement ? Omit<S, "expiresAt"> : never) : never;

const until = (content: Timeless, slot: number): Statement => ({ ...content, expiresAt: slot * SLOT_MS }) as Statement; // all of it but its end was there

/** What to sign now. */
export function toSign(content: Timeless, now: Date): ToSign {
  const statement = until(content, Math.floor(now.getTime() / SLOT_MS) + SLOTS);
  return { statement, challenge: statementChallenge(statement) };
}

/** The statement of these, offered within the last half hour, that the key has signed; null when there is none. */
export async function signedOffer(
  content: Timeless,
  key: SigningKey,
  signature: StatementSignature,
  now: Date,
): Promise<Statement | null> {
  const latest = Math.floor(now.getTime() / SLOT_MS) + SLOTS;
  for (let slot = latest; slot > latest - SLOTS; slot -= 1) {
    const statement = until(content, slot);
    if (await isSignedBy(key, statement, signature)) return statement;
  }
  return null;
}
