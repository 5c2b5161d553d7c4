// Renewal: a new key and certificate for a node that has one, over a connection that the present certificate vouches for.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { GATEWAY_SERVER_NAME, RENEW_PATH } from "../../protocol/constants.ts";
import { EnrolResponse } from "../../protocol/messages.ts";
import type { TrustContent } from "../../protocol/trust.ts";
import type { Own } from "../state.ts";
import { makeCsr, makeKey } from "./csr.ts";
import { EnrolError, post } from "./enrol.ts";

/** After two thirds of its life. */
export function isRenewalDue(certificate: string, now: number): boolean {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
  return now > from + ((to - from) * 2) / 3;
}

const isIssuedBy = (certificate: string, ca: string | undefined): boolean => {
  if (ca === undefined) return false;
  const [own, authority] = [new X509Certificate(certificate), new X509Certificate(ca)];
  return own.checkIssued(authority) && own.verify(authority.publicKey);
};

/** Fingerprint (sha-256, hex) of the CA that issued a certificate; empty when it is none of the trusted ones. */
export function issuerOf(certificate: string, { cas }: TrustContent): string {
  const pem = cas.find((ca) => isIssuedBy(certificate, ca));
  return pem === undefined ? "" : new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
}

/** The CAs are being rotated: this certificate is of one that will not count for long. */
export const isIssuerOld = (certificate: string, { cas }: TrustContent): boolean => !isIssuedBy(certificate, cas[0]);

/** Asks for a new certificate. Nothing is saved here. @throws EnrolError */
export async function renew({ identity, keyPem, trust }: Own): Promise<{ certificate: string; keyPem: string }> {
  const url = new URL(identity.gateway);
  const fresh = makeKey();
  const socket = await open(url, { identity, keyPem, trust });
  const answer = EnrolResponse.safeParse(
    await post(socket, url, JSON.stringify({ csr: makeCsr(fresh, identity.nodeId) }), RENEW_PATH),
  );
  if (!answer.success) throw new EnrolError("unreachable", `${url.host} did not answer as a gateway does`);
  if (!answer.data.ok) throw new EnrolError(answer.data.code, answer.data.message);
  const { certificate } = answer.data;
  const isOurs = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(fresh));
  if (!isOurs || !trust.cas.some((ca) => isIssuedBy(certificate, ca)))
    throw new EnrolError(
      "untrusted",
      "the new certificate is not for this node's key, or of an authority that is not trusted",
    );
  return { certificate, keyPem: fresh };
}

function open(url: URL, { identity, keyPem, trust }: Own): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port || 443),
      servername: GATEWAY_SERVER_NAME,
      minVersion: "TLSv1.3",
      ca: trust.cas,
      cert: identity.certificate,
      key: keyPem,
      timeout: 15_000,
    });
    socket.once("timeout", () => socket.destroy(new Error("no answer in time")));
    socket.once("error", (err) => reject(new EnrolError("unreachable", `${url.host}: ${err.message}`)));
    socket.once("secureConnect", () => resolve(socket));
  });
}
