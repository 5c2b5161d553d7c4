// The trust document as a file: made and signed when keys change, read by whoever hands it on. What it says is in protocol/trust.ts.
import { sign, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import {
  readTrust,
  type TrustContent,
  type TrustDocument,
  TrustDocumentJson,
  trustBytes,
  trustFromJson,
} from "../../protocol/trust.ts";
import { rereadOnChange, trustPaths, writeOwned } from "./files.ts";
import type { SigningKey } from "./signing-keys.ts";

export type Trust = { content: TrustContent; document: TrustDocument; json: TrustDocumentJson };

/** Signs a content with each of these keys. */
export function signTrust(content: TrustContent, signers: readonly SigningKey[]): TrustDocumentJson {
  const payload = Buffer.from(canonicalJson(content));
  const bytes = trustBytes(payload);
  const signatures = signers.map(({ keyId, privateKey }) => [
    keyId,
    sign(null, bytes, privateKey).toString("base64url"),
  ]);
  return { payload: payload.toString("base64url"), signatures: Object.fromEntries(signatures) };
}

/** @throws Error when the text is no trust document */
export function parseTrust(text: string): Trust {
  const json = TrustDocumentJson.parse(JSON.parse(text));
  const document = trustFromJson(json);
  const content = readTrust(document);
  if (!content) throw new Error("public/trust.json is damaged");
  return { content, document, json };
}

/** Publishes a document, and its CAs as PEM for people and other programs. */
export function writeTrust(dataDir: string, json: TrustDocumentJson): Trust {
  const text = `${JSON.stringify(json, null, 2)}\n`;
  const trust = parseTrust(text);
  writeOwned(trustPaths(dataDir).document, text, 0o644);
  writeOwned(trustPaths(dataDir).caCertificates, `${trust.content.cas.map((pem) => pem.trim()).join("\n")}\n`, 0o644);
  return trust;
}

/** The present document, read again when the file changes. @throws Error until `./nodeops up` has made it */
export function loadTrust(dataDir: string): () => Trust {
  const path = trustPaths(dataDir).document;
  return rereadOnChange([path], () => parseTrust(readFileSync(path, "utf8")));
}

/** sha-256 of a certificate's DER, lower-case hex: how CAs are named in tokens and facts. */
export const caFingerprint = (pem: string): string =>
  new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();

/** What gateways present now: the CA that every agent knows already, which during a rotation is the older one. */
export const servingCa = ({ cas }: TrustContent): string => cas.at(-1) ?? "";
/** What nodes are to have a certificate of. */
export const issuingCa = ({ cas }: TrustContent): string => cas[0] ?? "";
