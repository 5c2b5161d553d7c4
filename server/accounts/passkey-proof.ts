// Private to accounts: the relying party of passkeys, and the check of an answer that proves presence.
import { type AuthenticationResponseJSON, verifyAuthenticationResponse } from "@simplewebauthn/server";
import { AppError } from "../core/errors.ts";
import { takeChallenge } from "./passkey-challenge.ts";
import { accountsRuntime } from "./runtime.ts";

export const RP_NAME = "NodeOps Center";

/** Host and origin that passkeys are bound to. @throws AppError("conflict") where the console is published by an IP address */
export function relyingParty(): { rpID: string; origin: string } {
  const { hostname, origin } = new URL(accountsRuntime().publicUrl);
  if (/^[\d.]+$/.test(hostname) || hostname.startsWith("["))
    throw new AppError("conflict", "passkeys need a host name", {
      publicMessage: "Passkeys need the console to be opened by a host name, not by an IP address.",
    });
  return { rpID: hostname, origin };
}

export const wrongPasskey = (cause?: unknown): AppError =>
  new AppError("invalid", "presence: wrong passkey", {
    publicMessage: "This passkey was not accepted.",
    details: { wrong: "passkey" },
    entity: ["proof", "passkey"],
    cause,
  });

/** Checks an answer to a challenge of presence. @throws AppError for anything but a valid, fresh one of this person */
export async function verifyPasskey(userId: string, answer: Record<string, unknown>, now: Date): Promise<void> {
  const { prisma } = accountsRuntime();
  const { rpID, origin } = relyingParty();
  const passkey = await prisma.passkey.findFirst({
    where: { id: typeof answer.id === "string" ? answer.id : "", userId },
    select: { id: true, publicKey: true, counter: true },
  });
  if (!passkey) throw wrongPasskey();
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: answer as unknown as AuthenticationResponseJSON, // the library checks its shape
    expectedChallenge: (challenge) => takeChallenge(challenge, userId, "passkey-presence", now),
    expectedOrigin: origin,
    expectedRPID: rpID,
    requireUserVerification: true,
    credential: {
      id: passkey.id,
      publicKey: new Uint8Array(Buffer.from(passkey.publicKey, "base64url")),
      counter: Number(passkey.counter),
    },
  }).catch((cause: unknown) => {
    throw wrongPasskey(cause);
  });
  if (!verified) throw wrongPasskey();
  await prisma.passkey.update({
    where: { id: passkey.id },
    data: { counter: authenticationInfo.newCounter, lastUsedAt: now },
    select: { id: true },
  });
}
