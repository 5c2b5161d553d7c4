// Enrolment: proves that the gateway is the one the token was made by, then trades token and certificate request for an identity.
import { X509Certificate } from "node:crypto";
import { request } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { CLOCK_SKEW_MAX_MS, ENROL_PATH, GATEWAY_SERVER_NAME } from "../../protocol/constants.ts";
import { type EnrolRequest, EnrolResponse, type JoinToken } from "../../protocol/messages.ts";
import { keyWithFingerprint, openTrust, readTrust, type TrustContent, trustFromJson } from "../../protocol/trust.ts";

/** Enrolment was refused or could not be trusted; `code` is the gateway's, or "untrusted" or "unreachable". */
export class EnrolError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const TIMEOUT_MS = 15_000;
const ANSWER_BYTES_MAX = 256 * 1024;

/**
 * Is this chain (leaf first) one of the CA with that sha-256 fingerprint, for the gateway's name and now?
 * @returns null, or what speaks against it
 */
export function distrust(chain: readonly X509Certificate[], fingerprint: string, now: number): string | null {
  const [leaf] = chain;
  const pinned = chain.find((c) => fingerprintOf(c) === fingerprint.toLowerCase());
  if (!leaf || !pinned) return "the gateway's certificate authority is not the one that made this token";
  if (leaf === pinned || !leaf.checkIssued(pinned) || !leaf.verify(pinned.publicKey)) {
    return "the gateway's certificate was not issued by the authority that made this token";
  }
  if (leaf.checkHost(GATEWAY_SERVER_NAME) === undefined)
    return `the gateway's certificate is not for ${GATEWAY_SERVER_NAME}`;
  if (now + CLOCK_SKEW_MAX_MS < leaf.validFromDate.getTime())
    return "the gateway's certificate is not valid yet: check this node's clock";
  if (now - CLOCK_SKEW_MAX_MS > leaf.validToDate.getTime()) return "the gateway's certificate has expired";
  return null;
}

/** The peer's certificates, leaf first, as it sent them. */
function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = socket.getPeerX509Certificate();
  while (next && chain.length < 8) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}

function openTrusted(url: URL, fingerprint: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    // The CA is not known yet, only its fingerprint: the chain is checked below, before a byte of ours (the token is a secret) is sent.
    const socket = connect({
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port || 443),
      servername: GATEWAY_SERVER_NAME,
      minVersion: "TLSv1.3",
      rejectUnauthorized: false,
      timeout: TIMEOUT_MS,
    });
    socket.once("timeout", () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1_000} s`)));
    socket.once("error", (err) => reject(new EnrolError("unreachable", `${url.host}: ${err.message}`)));
    socket.once("secureConnect", () => {
      const against = distrust(chainOf(socket), fingerprint, Date.now());
      if (against === null) return resolve(socket);
      socket.destroy();
      reject(new EnrolError("untrusted", against));
    });
  });
}

const fingerprintOf = (certificate: X509Certificate): string =>
  certificate.fingerprint256.replaceAll(":", "").toLowerCase();

/** The content of a trust document that the token vouches for: signed by its key, and with its CA. @throws EnrolError */
export function pinTrust(answer: EnrolResponse & { ok: true }, pins: Pick<JoinToken, "ca" | "key">): TrustContent {
  const document = trustFromJson(answer.trust);
  const claimed = readTrust(document);
  const trust = claimed && openTrust(document, keyWithFingerprint(claimed, pins.key));
  if (!trust) throw new EnrolError("untrusted", "the fleet's keys are not signed by the key that this token names");
  const cas = trust.cas.map((pem) => new X509Certificate(pem));
  if (!cas.some((ca) => fingerprintOf(ca) === pins.ca.toLowerCase()))
    throw new EnrolError("untrusted", "the answer names other certificate authorities than the token");
  const own = new X509Certificate(answer.certificate);
  if (!cas.some((ca) => own.checkIssued(ca) && own.verify(ca.publicKey)))
    throw new EnrolError("untrusted", "the node's certificate is of an authority that is not trusted");
  return trust;
}

/** Enrols at `gateway` (https://host:port). @throws EnrolError */
export async function enrol(
  gateway: string,
  pins: Pick<JoinToken, "ca" | "key">,
  body: EnrolRequest,
): Promise<EnrolResponse & { ok: true }> {
  const url = new URL(gateway);
  if (url.protocol !== "https:") throw new EnrolError("unreachable", "the gateway's address starts with https://");
  const socket = await openTrusted(url, pins.ca);
  const answer = await post(socket, url, JSON.stringify(body));
  const parsed = EnrolResponse.safeParse(answer);
  if (!parsed.success) throw new EnrolError("unreachable", `${url.host} did not answer as a gateway does`);
  if (!parsed.data.ok) throw new EnrolError(parsed.data.code, parsed.data.message);
  pinTrust(parsed.data, pins);
  return parsed.data;
}

/** Posts JSON over a socket that is trusted already. @throws EnrolError */
export function post(socket: TLSSocket, url: URL, body: string, path = ENROL_PATH): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (err: Error) => {
      socket.destroy();
      reject(new EnrolError("unreachable", `${url.host}: ${err.message}`));
    };
    const req = request({
      method: "POST",
      path,
      host: url.hostname,
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      createConnection: () => socket, // the one whose chain was checked
      timeout: TIMEOUT_MS,
    });
    req.on("timeout", () => req.destroy(new Error("no answer in time")));
    req.on("error", fail);
    req.on("response", (res) => {
      let text = "";
      res.setEncoding("utf8");
      res.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > ANSWER_BYTES_MAX) res.destroy(new Error("answer too large"));
      });
      res.on("error", fail);
      res.on("end", () => {
        socket.destroy();
        try {
          resolve(JSON.parse(text));
        } catch {
          fail(new Error(`HTTP ${res.statusCode}: ${text.slice(0, 200)}`));
        }
      });
    });
    req.end(body);
  });
}
