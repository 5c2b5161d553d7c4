// Is this signature right, over this statement, by a key that is accepted now? Once it is, that is written down: a passkey counts its signatures, so
// that the same one cannot be checked twice.
import { createPublicKey, verify } from "node:crypto";
import type { AuthenticationResponseJSON } from "@simplewebauthn/server";
import { z } from "zod";
import {
  STATEMENT_TTL_MS,
  Statement,
  StatementSignature,
  statementBytes,
  statementChallenge,
} from "../../protocol/statement.ts";
import type { AcceptedKey, KeyList } from "./key-list.ts";
import type { Ledger } from "./ledger.ts";

/** A row of `approval` as it stands there: nothing of it is believed. */
export type ApprovalRow = { id: string; statement: unknown; signature: unknown };
export type Checked =
  | {
      ok: true;
      statement: Statement;
      signature: StatementSignature;
      challenge: string;
      key: AcceptedKey;
      /** What it says was carried out before. */
      isSpent: boolean;
    }
  | { ok: false; why: string };

/** What is read of an assertion before its signature is checked. */
const Assertion = z.object({
  id: z.string().max(1_024),
  rawId: z.string().max(1_024),
  type: z.literal("public-key"),
  clientExtensionResults: z.record(z.string(), z.unknown()).default({}),
  response: z.object({
    clientDataJSON: z.string().max(8_192),
    authenticatorData: z.string().max(8_192),
    // Post-quantum signatures (ML-DSA) have up to 4.6 kB.
    signature: z.string().max(8_192),
  }),
});
const ClientData = z.object({ crossOrigin: z.boolean().optional() });

/** Clock difference between the console's processes, ms. */
const SKEW_MS = 5_000;

export type SignatureContext = {
  keys: KeyList;
  ledger: Ledger;
  /** Address that people open: passkeys sign for it and for no other. */
  publicUrl: string;
  /** Persons whose accounts are disabled. The database says so; it can only take weight away by it. */
  disabled: ReadonlySet<string>;
};

/** Where passkeys are used: an address of this machine has none, its name there is localhost. */
function relyingParty(publicUrl: string): { origin: string; rpId: string } {
  const { protocol, hostname, port, origin } = new URL(publicUrl);
  const isLoopback = hostname === "127.0.0.1" || hostname === "[::1]";
  return isLoopback
    ? { origin: new URL(`${protocol}//localhost:${port}`).origin, rpId: "localhost" }
    : { origin, rpId: hostname };
}

/** Never throws: what cannot be read is no signature. */
export async function check(row: ApprovalRow, ctx: SignatureContext, now: number): Promise<Checked> {
  const { keys, ledger } = ctx;
  const parsed = z.object({ statement: Statement, signature: StatementSignature }).safeParse(row);
  if (!parsed.success) return { ok: false, why: "the statement or its signature cannot be read" };
  const { statement, signature } = parsed.data;
  if (statement.expiresAt <= now) return { ok: false, why: "the statement has expired" };
  if (statement.expiresAt > now + STATEMENT_TTL_MS + SKEW_MS)
    return { ok: false, why: "the statement is good for too long" };
  const key = keys.get(signature.keyId);
  if (!key) return { ok: false, why: "the key is not accepted" };
  if (ctx.disabled.has(key.person)) return { ok: false, why: "the account of the key's holder is disabled" };
  if (key.type !== signature.type) return { ok: false, why: "the key is of another type" };
  const challenge = statementChallenge(statement);
  const right: Checked = { ok: true, statement, signature, challenge, key, isSpent: ledger.isSpent(challenge) };
  if (ledger.seen(challenge, key.keyId)) return right;
  try {
    const counter = await counterOf(key, statement, signature, ctx.publicUrl);
    if (counter === null) return { ok: false, why: "the signature does not fit the statement" };
    if (counter > key.counter) keys.counted(key.keyId, counter);
  } catch (err) {
    return { ok: false, why: printable(err instanceof Error ? err.message : String(err)) };
  }
  ledger.addSeen({ at: now, challenge, person: key.person, keyId: key.keyId, expiresAt: statement.expiresAt });
  return right;
}

/** Words of a library may hold what the sender wrote: no control characters into the database, and not without end. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?").slice(0, 300);

/** Counter after a right signature (0 for keys that do not count), null when it is wrong. @throws Error that says what is wrong with an assertion */
async function counterOf(
  key: AcceptedKey,
  statement: Statement,
  signature: StatementSignature,
  publicUrl: string,
): Promise<number | null> {
  if (signature.type === "ed25519") {
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key.publicKey }, format: "jwk" });
    return verify(null, statementBytes(statement), publicKey, Buffer.from(signature.signature, "base64url")) ? 0 : null;
  }
  const response = Assertion.parse(signature.response);
  if (response.id !== key.keyId) return null;
  const clientData = ClientData.parse(
    JSON.parse(Buffer.from(response.response.clientDataJSON, "base64url").toString()),
  );
  if (clientData.crossOrigin) throw new Error("signed within a page of another site");
  const { origin, rpId } = relyingParty(publicUrl);
  // Loaded when the first passkey signs: where only local keys sign it is never needed.
  const { verifyAuthenticationResponse } = await import("@simplewebauthn/server");
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: response as AuthenticationResponseJSON, // parsed above; what is optional there is left out
    expectedChallenge: statementChallenge(statement),
    expectedOrigin: origin,
    expectedRPID: rpId,
    credential: {
      id: key.keyId,
      publicKey: new Uint8Array(Buffer.from(key.publicKey, "base64url")),
      counter: key.counter,
    },
    requireUserVerification: true,
  });
  return verified ? authenticationInfo.newCounter : null;
}
