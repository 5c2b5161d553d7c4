// Challenges of passkeys: random, signed by us, for one person, one purpose and a few minutes. Nothing is stored until one is answered;
// then it is used up, right answer or not.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { accountsRuntime } from "./runtime.ts";
import { takeOnce } from "./take-once.ts";

/** An answer takes a person a minute at most; phones as passkeys take longer, ms. */
export const CHALLENGE_TTL_MS = 5 * 60_000;

export type ChallengePurpose = "passkey-add" | "passkey-presence";

async function sign(body: Buffer, userId: string, purpose: ChallengePurpose): Promise<Buffer> {
  const { secret } = await accountsRuntime().auth.$context;
  const key = createHmac("sha256", secret).update("nodeops passkey challenge").digest();
  return createHmac("sha256", key).update(body).update(`${purpose}\n${userId}`).digest();
}

/** 24 random bytes, 8 of expiry, 32 of signature. */
export async function makeChallenge(userId: string, purpose: ChallengePurpose, now: Date) {
  const expiry = Buffer.alloc(8);
  expiry.writeBigUInt64BE(BigInt(now.getTime() + CHALLENGE_TTL_MS));
  const body = Buffer.concat([randomBytes(24), expiry]);
  return new Uint8Array(Buffer.concat([body, await sign(body, userId, purpose)]));
}

/** Uses a challenge up. False when it is not ours, not this person's, for something else, too old or used before. */
export async function takeChallenge(
  challenge: string,
  userId: string,
  purpose: ChallengePurpose,
  now: Date,
): Promise<boolean> {
  const bytes = Buffer.from(challenge, "base64url");
  if (bytes.length !== 64) return false;
  const body = bytes.subarray(0, 32);
  if (!timingSafeEqual(bytes.subarray(32), await sign(body, userId, purpose))) return false;
  if (Number(body.readBigUInt64BE(24)) <= now.getTime()) return false;
  return takeOnce(accountsRuntime().prisma, challenge, userId, purpose, now, CHALLENGE_TTL_MS * 2);
}
