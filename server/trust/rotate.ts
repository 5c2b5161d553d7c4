// Changing the fleet's keys without losing a node, in two phases: introduce the new one beside the old, then drop the old. Run on the console's
// host by whoever owns the data folder; every process and every connected agent follows within seconds.
import type { TrustContent } from "../../protocol/trust.ts";
import { newAuthority, pairText, splitPairs } from "./ca-key.ts";
import { caFingerprint, issuingCa, loadTrust, signTrust, type Trust, writeTrust } from "./document.ts";
import { readIfThere, trustPaths, writeOwned } from "./files.ts";
import { newSigningKey, parseSigningKeys, type SigningKey, signingKeyText } from "./signing-keys.ts";

/** `signing`: the key that signs commands and documents. `ca`: who names gateways and nodes. */
export type TrustPart = "signing" | "ca";

/** Whether the new one stands beside the old. */
export const isRotating = (content: TrustContent, part: TrustPart): boolean =>
  (part === "ca" ? content.cas.length : Object.keys(content.commandKeys).length) > 1;

type Change = Pick<TrustContent, "commandKeys" | "signer" | "cas">;

const readKeys = (dataDir: string) => parseSigningKeys(readIfThere(trustPaths(dataDir).signing) ?? "");
const readPairs = (dataDir: string) => splitPairs(readIfThere(trustPaths(dataDir).ca) ?? "");
const keyMap = (keys: readonly SigningKey[]) =>
  Object.fromEntries(keys.map(({ keyId, publicKey }) => [keyId, publicKey]));

function publish(
  dataDir: string,
  before: Trust,
  change: Partial<Change>,
  signers: readonly SigningKey[],
  now: Date,
): Trust {
  const content: TrustContent = {
    ...before.content,
    ...change,
    serial: before.content.serial + 1,
    issuedAt: now.getTime(),
  };
  return writeTrust(dataDir, signTrust(content, signers));
}

/**
 * Phase 1. Private keys are written before the document that names them: a process that sees the document finds its key.
 * @throws Error when a rotation of that part is under way
 */
export async function introduce(dataDir: string, part: TrustPart, now: Date): Promise<Trust> {
  const before = loadTrust(dataDir)();
  if (isRotating(before.content, part)) throw new Error(`a rotation of the ${part} key is under way: finish it first`);
  const paths = trustPaths(dataDir);
  if (part === "ca") {
    // A leftover of an attempt that was interrupted is no part of the present document.
    const present = readPairs(dataDir).filter(({ certificate }) =>
      before.content.cas.some((ca) => caFingerprint(ca) === caFingerprint(certificate)),
    );
    const fresh = await newAuthority(now);
    writeOwned(paths.ca, [fresh, ...present].map(pairText).join(""), 0o600);
    return publish(dataDir, before, { cas: [fresh.certificate, ...before.content.cas] }, readKeys(dataDir), now);
  }
  const present = readKeys(dataDir).filter(({ keyId }) => Object.hasOwn(before.content.commandKeys, keyId));
  const keys = parseSigningKeys(newSigningKey(now) + present.map(signingKeyText).join(""));
  // Both sign: agents know the older one, join tokens name the newer one from now on.
  const json = signTrust(
    {
      ...before.content,
      commandKeys: keyMap(keys),
      signer: keys[0].keyId,
      serial: before.content.serial + 1,
      issuedAt: now.getTime(),
    },
    keys,
  );
  writeOwned(paths.signing, keys.map(signingKeyText).join(""), 0o600);
  return writeTrust(dataDir, json);
}

/**
 * Phase 2. The document is still signed by the key that it drops, so that agents which missed phase 1 follow as well; then the key is gone.
 * @throws Error when no rotation of that part is under way
 */
export function finish(dataDir: string, part: TrustPart, now: Date): Trust {
  const before = loadTrust(dataDir)();
  if (!isRotating(before.content, part)) throw new Error(`no rotation of the ${part} key is under way`);
  const paths = trustPaths(dataDir);
  const keys = readKeys(dataDir);
  if (part === "ca") {
    const kept = issuingCa(before.content);
    const after = publish(dataDir, before, { cas: [kept] }, keys, now);
    const pairs = readPairs(dataDir).filter(({ certificate }) => caFingerprint(certificate) === caFingerprint(kept));
    writeOwned(paths.ca, pairs.map(pairText).join(""), 0o600);
    return after;
  }
  const kept = keys.filter(({ keyId }) => keyId === before.content.signer);
  const after = publish(dataDir, before, { commandKeys: keyMap(kept) }, keys, now);
  writeOwned(paths.signing, kept.map(signingKeyText).join(""), 0o600);
  return after;
}

/** When each present key was made; null where the file does not say. Needs the owner's rights. */
export function signingKeyAges(dataDir: string): { keyId: string; madeAt: Date | null }[] {
  return readKeys(dataDir).map(({ keyId, madeAt }) => ({ keyId, madeAt }));
}
