// Checks a signature over a statement against one key, so that people learn at once what would not count. The dispatcher judges for itself, by the
// keys in its own folder and the address of the console that it knows.
import { createPublicKey, verify } from "node:crypto";
import { type AuthenticationResponseJSON, verifyAuthenticationResponse } from "@simplewebauthn/server";
import { z } from "zod";
import {
  type Statement,
  type StatementSignature,
  statementBytes,
  statementChallenge,
} from "../../protocol/statement.ts";

export type SigningKey = { id: string; type: string; publicKey: string };

/** What is read of an assertion before its signature is checked. */
const Assertion = z.object({
  id: z.string(),
  rawId: z.string(),
  type: z.literal("public-key"),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
  response: z.object({
    clientDataJSON: z.string().max(8_192),
    authenticatorData: z.string().max(8_192),
    // Post-quantum signatures (ML-DSA) have up to 4.6 kB.
    signature: z.string().max(8_192),
  }),
});
const ClientData = z.object({ origin: z.url() });

/** True only when this key signed exactly this statement. Never throws. */
export async function isSignedBy(
  key: SigningKey,
  statement: Statement,
  signature: StatementSignature,
): Promise<boolean> {
  if (key.id !== signature.keyId || key.type !== signature.type) return false;
  try {
    return signature.type === "ed25519"
      ? isEd25519(key, statement, signature.signature)
      : await isAssertion(key, statement, signature.response);
  } catch {
    return false; // the libraries throw on what they cannot read; it is no signature
  }
}

function isEd25519(key: SigningKey, statement: Statement, signature: string): boolean {
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key.publicKey }, format: "jwk" });
  return verify(null, statementBytes(statement), publicKey, Buffer.from(signature, "base64url"));
}

/** A passkey belongs to the address it was made at; an authenticator uses it for no other. Hence the address is taken from the answer itself. */
async function isAssertion(key: SigningKey, statement: Statement, response: unknown): Promise<boolean> {
  const assertion = Assertion.parse(response);
  const clientData: unknown = JSON.parse(Buffer.from(assertion.response.clientDataJSON, "base64url").toString());
  const { origin } = ClientData.parse(clientData);
  const { verified } = await verifyAuthenticationResponse({
    response: assertion as AuthenticationResponseJSON, // parsed above; what is optional there is left out
    expectedChallenge: statementChallenge(statement),
    expectedOrigin: origin,
    expectedRPID: new URL(origin).hostname,
    credential: { id: key.id, publicKey: new Uint8Array(Buffer.from(key.publicKey, "base64url")), counter: 0 },
    requireUserVerification: true,
  });
  return verified;
}
