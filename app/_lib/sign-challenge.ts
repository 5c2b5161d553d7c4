// Signs a statement with a passkey: the challenge is its hash, the browser asks for the person. What comes out is checked by the dispatcher.
import { startAuthentication } from "@simplewebauthn/browser";
import type { StatementSignature } from "../../protocol/statement.ts";

/** The person gets this long, ms. */
const TIMEOUT_MS = 120_000;

/** @param keyIds credentials that count. @throws Error of the browser when the person does not go through with it */
export async function signChallenge(challenge: string, keyIds: readonly string[]): Promise<StatementSignature> {
  const response = await startAuthentication({
    optionsJSON: {
      challenge,
      rpId: window.location.hostname,
      allowCredentials: keyIds.map((id) => ({ id, type: "public-key" })),
      userVerification: "required",
      timeout: TIMEOUT_MS,
    },
  });
  return { type: "webauthn", keyId: response.id, response: { ...response } };
}
