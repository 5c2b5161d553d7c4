// Makes what the fleet's trust stands on, once: CA, command-signing key and the first trust document. Run by `./nodeops up` before any process starts.
import type { TrustContent } from "../../protocol/trust.ts";
import { newAuthority, pairText, splitPairs } from "./ca-key.ts";
import { caFingerprint, issuingCa, parseTrust, signTrust, type Trust, writeTrust } from "./document.ts";
import { readIfThere, trustPaths, writeOwned } from "./files.ts";
import { newSigningKey, parseSigningKeys } from "./signing-keys.ts";

/**
 * Makes what is missing and checks that the rest belongs together. May be called at every start; one caller at a time.
 * @throws Error in words for the operator when keys and document do not fit (a folder that was restored in part)
 */
export async function ensureTrust(dataDir: string, now: Date): Promise<Trust> {
  const paths = trustPaths(dataDir);
  const published = readIfThere(paths.document);
  const caText = readIfThere(paths.ca);
  const keyText = readIfThere(paths.signing);
  if (published !== null && (caText === null || keyText === null)) {
    const missing = caText === null ? paths.ca : paths.signing;
    throw new Error(
      `${missing} is missing, but agents trust it already: restore it from a backup, or remove ${paths.document} and have every node join again`,
    );
  }
  if (caText === null) writeOwned(paths.ca, pairText(await newAuthority(now)), 0o600);
  if (keyText === null) writeOwned(paths.signing, newSigningKey(now), 0o600);
  const authorities = splitPairs(readIfThere(paths.ca) ?? "");
  const keys = parseSigningKeys(readIfThere(paths.signing) ?? "");
  if (published !== null) {
    const trust = parseTrust(published);
    const hasIssuer = authorities.some(
      ({ certificate }) => caFingerprint(certificate) === caFingerprint(issuingCa(trust.content)),
    );
    const hasSigner = keys.some(({ keyId }) => keyId === trust.content.signer);
    if (hasIssuer && hasSigner) return trust;
    throw new Error(
      `${paths.document} names ${hasIssuer ? "a signing key" : "a CA"} whose key is not here: restore it from a backup`,
    );
  }
  const content: TrustContent = {
    v: 1,
    serial: 1,
    issuedAt: now.getTime(),
    commandKeys: Object.fromEntries(keys.map(({ keyId, publicKey }) => [keyId, publicKey])),
    signer: keys[0].keyId,
    cas: authorities.map(({ certificate }) => certificate),
  };
  return writeTrust(dataDir, signTrust(content, keys));
}
