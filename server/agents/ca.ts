// The fleet's own certificate authority: made once under <data>/secrets, names the gateway to agents and agents to the gateway.
import "reflect-metadata";
import { createHash, randomBytes, webcrypto } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as x509 from "@peculiar/x509";
import { CERTIFICATE_TTL_MS, CLOCK_SKEW_MAX_MS, GATEWAY_SERVER_NAME } from "../../protocol/constants.ts";
import { AppError } from "../core/errors.ts";
import { ensureSecret, secretPath } from "../core/secrets.ts";

x509.cryptoProvider.set(webcrypto as Crypto); // Node's own, under the DOM's name

const DAY_MS = 24 * 3_600_000;
const CA_TTL_MS = 3_650 * DAY_MS;
const SERVER_TTL_MS = 90 * DAY_MS;
/** The gateway's certificate is renewed when less than this is left, ms. */
const SERVER_RENEW_BEFORE_MS = 30 * DAY_MS;

const P256 = { name: "ECDSA", namedCurve: "P-256" } as const;
const signing = { name: "ECDSA", hash: "SHA-256" } as const;

/** Key and certificate of one party, PEM. */
type KeyPair = { key: string; certificate: string };

export type Authority = {
  /** The CA's certificate, PEM. */
  certificate: string;
  /** sha-256 of its DER, hex: what join tokens pin. */
  fingerprint: string;
  /** The gateway's TLS identity: leaf and CA in one chain, so that an agent that knows only the fingerprint can check it. */
  serverIdentity: (now: Date) => Promise<{ key: string; chain: string; expiresAt: Date }>;
  issueNode: (input: { csr: string; nodeId: string; now: Date }) => Promise<IssuedCertificate>;
};

export type IssuedCertificate = { certificate: string; serial: string; expiresAt: Date };

/** sha-256 of a certificate's DER, lower-case hex. */
function fingerprint(certificatePem: string): string {
  return createHash("sha256")
    .update(Buffer.from(new x509.X509Certificate(certificatePem).rawData))
    .digest("hex");
}

/** Positive 127-bit serial number, as Node prints it (upper-case hex): the first digit is 1–7, so that no DER padding changes the text. */
const newSerial = (): string => {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex").toUpperCase();
};

async function newKeyPair(): Promise<CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(P256, true, ["sign", "verify"])) as CryptoKeyPair;
}

async function keyToPem(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

async function keyFromPem(pem: string): Promise<CryptoKey> {
  return webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), P256, true, [
    "sign",
  ]) as Promise<CryptoKey>;
}

/** One file holds key and certificate together, so that they can never be of two different makers. */
function splitPair(pem: string): KeyPair {
  const key = /-----BEGIN PRIVATE KEY-----[\s\S]+?-----END PRIVATE KEY-----/.exec(pem)?.[0];
  const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(pem)?.[0];
  if (!key || !certificate) throw new Error("key or certificate is missing in the file");
  return { key, certificate };
}

async function makeCa(now: Date): Promise<string> {
  const keys = await newKeyPair();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: "CN=NodeOps Center CA",
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MAX_MS),
    notAfter: new Date(now.getTime() + CA_TTL_MS),
    signingAlgorithm: signing,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${await keyToPem(keys.privateKey)}\n${certificate.toString("pem")}`;
}

/**
 * Opens the CA of a state folder, making it first. Processes that start together end with the same one.
 * @throws Error when the file is damaged
 */
export async function openAuthority(dataDir: string, now: Date): Promise<Authority> {
  const made = existsSync(secretPath(dataDir, "ca.pem")) ? "" : await makeCa(now);
  const own = splitPair(ensureSecret(dataDir, "ca.pem", () => made));
  const ca = new x509.X509Certificate(own.certificate);
  const caKey = await keyFromPem(own.key);

  async function issue(input: {
    subject: string;
    publicKey: x509.PublicKeyType;
    usage: string;
    names: x509.JsonGeneralName[];
    now: Date;
    ttlMs: number;
  }): Promise<IssuedCertificate> {
    const serial = newSerial();
    const expiresAt = new Date(Math.floor((input.now.getTime() + input.ttlMs) / 1_000) * 1_000); // certificates know whole seconds
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      subject: input.subject,
      issuer: ca.subject,
      notBefore: new Date(input.now.getTime() - CLOCK_SKEW_MAX_MS), // a node whose clock is behind accepts it too
      notAfter: expiresAt,
      signingAlgorithm: signing,
      publicKey: input.publicKey,
      signingKey: caKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([input.usage]),
        new x509.SubjectAlternativeNameExtension(input.names),
        await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
      ],
    });
    return { certificate: certificate.toString("pem"), serial, expiresAt };
  }

  async function serverIdentity(at: Date): Promise<{ key: string; chain: string; expiresAt: Date }> {
    const path = secretPath(dataDir, "gateway.pem");
    const stored = existsSync(path) ? splitPair(readFileSync(path, "utf8")) : null;
    const current = stored && new x509.X509Certificate(stored.certificate);
    const isFresh = current && current.notAfter.getTime() - at.getTime() > SERVER_RENEW_BEFORE_MS;
    if (stored && isFresh && (await current.verify({ publicKey: ca.publicKey, date: at }))) {
      return { key: stored.key, chain: `${stored.certificate}\n${own.certificate}\n`, expiresAt: current.notAfter };
    }
    const keys = await newKeyPair();
    const issued = await issue({
      subject: `CN=${GATEWAY_SERVER_NAME}`,
      publicKey: keys.publicKey,
      usage: x509.ExtendedKeyUsage.serverAuth,
      names: [{ type: "dns", value: GATEWAY_SERVER_NAME }],
      now: at,
      ttlMs: SERVER_TTL_MS,
    });
    const key = await keyToPem(keys.privateKey);
    const fresh = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
    writeFileSync(fresh, `${key}\n${issued.certificate}\n`, { mode: 0o600 });
    renameSync(fresh, path);
    return { key, chain: `${issued.certificate}\n${own.certificate}\n`, expiresAt: issued.expiresAt };
  }

  async function issueNode({
    csr,
    nodeId,
    now: at,
  }: {
    csr: string;
    nodeId: string;
    now: Date;
  }): Promise<IssuedCertificate> {
    const request = await readRequest(csr);
    return issue({
      subject: `CN=${nodeId}`, // whatever the request asked for: the gateway names the node
      publicKey: request.publicKey,
      usage: x509.ExtendedKeyUsage.clientAuth,
      names: [{ type: "url", value: `urn:uuid:${nodeId}` }],
      now: at,
      ttlMs: CERTIFICATE_TTL_MS,
    });
  }

  return { certificate: `${own.certificate}\n`, fingerprint: fingerprint(own.certificate), serverIdentity, issueNode };
}

/** Parses a certificate request and checks that its sender holds the key. @throws AppError("invalid") */
export async function readRequest(csr: string): Promise<x509.Pkcs10CertificateRequest> {
  try {
    const request = new x509.Pkcs10CertificateRequest(csr);
    const algorithm = request.publicKey.algorithm as EcKeyAlgorithm; // other algorithms have no namedCurve, which is what is asked
    if (algorithm.name !== "ECDSA" || algorithm.namedCurve !== "P-256") throw new Error("the key is not P-256");
    if (!(await request.verify())) throw new Error("the signature does not match the key");
    return request;
  } catch (cause) {
    throw new AppError("invalid", `certificate request: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
