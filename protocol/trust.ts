// The trust document: which keys may sign commands and which CAs may name gateways. Agents pin the first one through their join token and take a
// later one only when a key they trust already has signed it and its serial is higher.
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { z } from "zod";

/** What is signed, as JSON bytes. */
export const TrustContent = z.strictObject({
  v: z.literal(1),
  /** Rises with each document. */
  serial: z.number().int().positive(),
  issuedAt: z.number().int(),
  /** Key id → raw Ed25519 public key, base64url: may sign commands, freezes and the next trust document. */
  commandKeys: z.record(z.string().regex(/^[0-9a-f]{16,32}$/), z.string().length(43)),
  /** Id of the key that signs now; another one is on its way out. */
  signer: z.string(),
  /** CA certificates, PEM: gateways and nodes are named by these; nodes ask for certificates of the first. */
  cas: z.array(z.string().max(8_192)).min(1).max(4),
});
export type TrustContent = z.infer<typeof TrustContent>;

export const TrustDocument = z.strictObject({
  payload: z.instanceof(Uint8Array),
  /** Key id → Ed25519 signature (64 bytes) over the domain and the payload. */
  signatures: z.record(z.string(), z.instanceof(Uint8Array)),
});
export type TrustDocument = z.infer<typeof TrustDocument>;

/** The same in text, for files and JSON answers: base64url in place of bytes. */
export const TrustDocumentJson = z.strictObject({
  payload: z.string().max(65_536),
  signatures: z.record(z.string(), z.string().length(86)),
});
export type TrustDocumentJson = z.infer<typeof TrustDocumentJson>;

const DOMAIN = "nodeops-trust-v1\n";

/** What the keys sign. */
export const trustBytes = (payload: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(DOMAIN), payload]);

/** sha-256 (hex) of a raw public key: join tokens carry the one of the key that signs trust documents now. */
export const keyFingerprint = (rawPublicKey: Uint8Array): string =>
  createHash("sha256").update(rawPublicKey).digest("hex");

/** Signed by a command key: agents stop acting, or go on. A freeze may come unsigned (stopping harms nothing that lasts), its end may not. */
export const FreezeContent = z.strictObject({
  v: z.literal(1),
  /** Rises with each freeze; a lift names the epoch it ends. */
  epoch: z.number().int().min(0),
  frozen: z.boolean(),
  issuedAt: z.number().int(),
});
export type FreezeContent = z.infer<typeof FreezeContent>;
const FREEZE_DOMAIN = "nodeops-freeze-v1\n";
/** What a command key signs for a lift: canonical JSON after the domain. */
export const freezeBytes = (payload: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(FREEZE_DOMAIN), payload]);

/** Key id → raw Ed25519 public key, base64url. */
export type CommandKeys = Readonly<Record<string, string>>;

/** Id of a command key: the beginning of its fingerprint. */
export const commandKeyId = (rawPublicKey: Uint8Array): string => keyFingerprint(rawPublicKey).slice(0, 16);

const rawKeyPrefix = Buffer.from("302a300506032b6570032100", "hex");

/** Raw Ed25519 public key (32 bytes, base64url) as a key object; the prefix is the SPKI header of RFC 8410. Null when it is none. */
function publicKeyFrom(raw: string): KeyObject | null {
  const bytes = Buffer.from(raw, "base64url");
  if (bytes.length !== 32) return null;
  return createPublicKey({ key: Buffer.concat([rawKeyPrefix, bytes]), format: "der", type: "spki" });
}

function isSignedBy(bytes: Uint8Array, signature: Uint8Array | undefined | null, rawKey: string | undefined): boolean {
  const key = rawKey === undefined ? null : publicKeyFrom(rawKey);
  return key !== null && signature?.length === 64 && verify(null, bytes, key, signature);
}

const own = <T>(map: Readonly<Record<string, T>>, id: string): T | undefined =>
  Object.hasOwn(map, id) ? map[id] : undefined;

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

/** The document's content when one of these keys has signed it, else null. */
export function openTrust(document: TrustDocument, keys: CommandKeys): TrustContent | null {
  const bytes = trustBytes(document.payload);
  const isSigned = Object.entries(document.signatures).some(([id, signature]) =>
    isSignedBy(bytes, signature, own(keys, id)),
  );
  return isSigned ? readTrust(document) : null;
}

/** The content of a document that is believed already (read from one's own disk): no signature is checked. */
export function readTrust({ payload }: TrustDocument): TrustContent | null {
  const parsed = TrustContent.safeParse(parseJson(payload));
  if (!parsed.success || own(parsed.data.commandKeys, parsed.data.signer) === undefined) return null;
  // A key under another key's id would make ids worthless.
  const isHonest = Object.entries(parsed.data.commandKeys).every(([id, raw]) =>
    keyFingerprint(Buffer.from(raw, "base64url")).startsWith(id),
  );
  return isHonest ? parsed.data : null;
}

/** The key of a document that has this fingerprint, as a map of one; empty when it holds none. */
export function keyWithFingerprint(content: TrustContent, fingerprint: string): CommandKeys {
  const matches = ([, raw]: [string, string]) =>
    keyFingerprint(Buffer.from(raw, "base64url")) === fingerprint.toLowerCase();
  return Object.fromEntries(Object.entries(content.commandKeys).filter(matches));
}

export const trustToJson = ({ payload, signatures }: TrustDocument): TrustDocumentJson => ({
  payload: Buffer.from(payload).toString("base64url"),
  signatures: Object.fromEntries(
    Object.entries(signatures).map(([id, bytes]) => [id, Buffer.from(bytes).toString("base64url")]),
  ),
});

// Plain views: MessagePack would otherwise carry Node's Buffer type in its own way.
const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(text, "base64url"));

export const trustFromJson = ({ payload, signatures }: TrustDocumentJson): TrustDocument => ({
  payload: fromBase64Url(payload),
  signatures: Object.fromEntries(Object.entries(signatures).map(([id, text]) => [id, fromBase64Url(text)])),
});

/** A freeze on its way to agents; `signature` (64 bytes) is over `freezeBytes(payload)`. */
export type SignedFreeze = {
  payload: Uint8Array<ArrayBuffer>;
  keyId: string | null;
  signature: Uint8Array<ArrayBuffer> | null;
};

/** What a freeze says, and whether one of these keys has signed it; null when it is no freeze. */
export function openFreeze(
  freeze: SignedFreeze,
  keys: CommandKeys,
): { content: FreezeContent; isSigned: boolean } | null {
  const parsed = FreezeContent.safeParse(parseJson(freeze.payload));
  if (!parsed.success) return null;
  const key = freeze.keyId === null ? undefined : own(keys, freeze.keyId);
  return { content: parsed.data, isSigned: isSignedBy(freezeBytes(freeze.payload), freeze.signature, key) };
}

/** Column `freeze.lift`: a signed FreezeContent with `frozen: false`, bytes as base64url. */
export const FreezeLift = z.strictObject({ payload: z.string(), keyId: z.string(), signature: z.string().length(86) });
export type FreezeLift = z.infer<typeof FreezeLift>;
