// The fleet's own certificate authority at work in the gateway: names the gateway to agents and agents to the gateway. Made in server/trust/.
import "reflect-metadata";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as x509 from "@peculiar/x509";
import { CERTIFICATE_TTL_MS, CLOCK_SKEW_MAX_MS, GATEWAY_SERVER_NAME } from "../../protocol/constants.ts";
import type { TrustContent } from "../../protocol/trust.ts";
import { AppError } from "../core/errors.ts";
import { readSecret, secretPath } from "../core/secrets.ts";
import { type KeyPair, keyFromPem, keyToPem, newKeyPair, newSerial, SIGNING, splitPairs } from "../trust/ca-key.ts";
import { caFingerprint, issuingCa, servingCa } from "../trust/document.ts";

const DAY_MS = 24 * 3_600_000;
const SERVER_TTL_MS = 90 * DAY_MS;
/** The gateway's certificate is renewed when less than this is left, ms. */
const SERVER_RENEW_BEFORE_MS = 30 * DAY_MS;

export type ServerIdentity = { key: string; chain: string; expiresAt: Date };

export type Authority = {
  /** Every CA whose certificates count now, PEM. */
  certificates: string[];
  /** The gateway's TLS identity: leaf and CA in one chain, so that an agent that knows only the fingerprint can check it. */
  serverIdentity: (now: Date) => Promise<ServerIdentity>;
  issueNode: (input: { csr: string; nodeId: string; now: Date }) => Promise<IssuedCertificate>;
};

export type IssuedCertificate = { certificate: string; serial: string; expiresAt: Date };

type Issuer = { certificate: x509.X509Certificate; pem: string; key: CryptoKey };

async function issue(
  by: Issuer,
  input: {
    subject: string;
    publicKey: x509.PublicKeyType;
    usage: string;
    names: x509.JsonGeneralName[];
    now: Date;
    ttlMs: number;
  },
): Promise<IssuedCertificate> {
  const serial = newSerial();
  const expiresAt = new Date(Math.floor((input.now.getTime() + input.ttlMs) / 1_000) * 1_000); // certificates know whole seconds
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: input.subject,
    issuer: by.certificate.subject,
    notBefore: new Date(input.now.getTime() - CLOCK_SKEW_MAX_MS), // a node whose clock is behind accepts it too
    notAfter: expiresAt,
    signingAlgorithm: SIGNING,
    publicKey: input.publicKey,
    signingKey: by.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([input.usage]),
      new x509.SubjectAlternativeNameExtension(input.names),
      await x509.AuthorityKeyIdentifierExtension.create(by.certificate.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), serial, expiresAt };
}

/**
 * Opens the authority that a trust document describes: nodes get certificates of its first CA, the gateway presents one of its last.
 * @throws Error when a key that the document asks for is not here
 */
export async function openAuthority(dataDir: string, trust: TrustContent): Promise<Authority> {
  const pairs = splitPairs(readSecret(dataDir, "gateway", "ca.pem"));
  const open = async (pem: string): Promise<Issuer> => {
    const wanted = caFingerprint(pem);
    const pair: KeyPair | undefined = pairs.find(({ certificate }) => caFingerprint(certificate) === wanted);
    if (!pair) throw new Error(`the key of CA ${wanted.slice(0, 16)} is not in ca.pem`);
    return { certificate: new x509.X509Certificate(pem), pem: pair.certificate, key: await keyFromPem(pair.key) };
  };
  const issuing = await open(issuingCa(trust));
  const serving = await open(servingCa(trust));

  async function serverIdentity(at: Date): Promise<ServerIdentity> {
    const path = secretPath(dataDir, "gateway", "gateway.pem");
    const stored = existsSync(path) ? splitPairs(readFileSync(path, "utf8"))[0] : null;
    const current = stored && new x509.X509Certificate(stored.certificate);
    const isFresh = current && current.notAfter.getTime() - at.getTime() > SERVER_RENEW_BEFORE_MS;
    if (stored && isFresh && (await current.verify({ publicKey: serving.certificate.publicKey, date: at }))) {
      return { key: stored.key, chain: `${stored.certificate}\n${serving.pem}\n`, expiresAt: current.notAfter };
    }
    const keys = await newKeyPair();
    const issued = await issue(serving, {
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
    return { key, chain: `${issued.certificate}\n${serving.pem}\n`, expiresAt: issued.expiresAt };
  }

  return {
    certificates: trust.cas,
    serverIdentity,
    async issueNode({ csr, nodeId, now }) {
      const request = await readRequest(csr);
      return issue(issuing, {
        subject: `CN=${nodeId}`, // whatever the request asked for: the gateway names the node
        publicKey: request.publicKey,
        usage: x509.ExtendedKeyUsage.clientAuth,
        names: [{ type: "url", value: `urn:uuid:${nodeId}` }],
        now,
        ttlMs: CERTIFICATE_TTL_MS,
      });
    },
  };
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
