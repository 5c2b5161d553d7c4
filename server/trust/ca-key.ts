// Key and certificate of a certificate authority, as one PEM pair; the file holds one pair, two during a rotation.
import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { CLOCK_SKEW_MAX_MS } from "../../protocol/constants.ts";

x509.cryptoProvider.set(webcrypto as Crypto); // Node's own, under the DOM's name

const CA_TTL_MS = 3_650 * 24 * 3_600_000;
const P256 = { name: "ECDSA", namedCurve: "P-256" } as const;
export const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;

/** Key and certificate of one party, PEM. */
export type KeyPair = { key: string; certificate: string };

/** Positive 127-bit serial number, as Node prints it (upper-case hex): the first digit is 4–7, so that no DER padding changes the text. */
export const newSerial = (): string => {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex").toUpperCase();
};

export async function newKeyPair(): Promise<CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(P256, true, ["sign", "verify"])) as CryptoKeyPair;
}

export async function keyToPem(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

export async function keyFromPem(pem: string): Promise<CryptoKey> {
  return webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), P256, true, [
    "sign",
  ]) as Promise<CryptoKey>;
}

const PAIR =
  /(-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----)\s*(-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----)/g;

/** Pairs of a file, in its order: key and certificate lie together, so that they can never be of two different makers. @throws Error when there is none */
export function splitPairs(pem: string): [KeyPair, ...KeyPair[]] {
  const [first, ...others] = [...pem.matchAll(PAIR)].map(([, key = "", certificate = ""]) => ({ key, certificate }));
  if (!first) throw new Error("key or certificate is missing in the file");
  return [first, ...others];
}

export const pairText = ({ key, certificate }: KeyPair): string => `${key.trim()}\n${certificate.trim()}\n`;

/** A new authority. Its name is its own, so that two of them are told apart while one follows the other. */
export async function newAuthority(now: Date): Promise<KeyPair> {
  const keys = await newKeyPair();
  const serialNumber = newSerial();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber,
    name: `CN=NodeOps Center CA ${serialNumber.slice(0, 8)}`,
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MAX_MS),
    notAfter: new Date(now.getTime() + CA_TTL_MS),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: await keyToPem(keys.privateKey), certificate: certificate.toString("pem") };
}
