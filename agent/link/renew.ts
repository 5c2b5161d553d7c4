// Renewal: a new key and certificate for a node that has one, over a connection that the present certificate vouches for.
import { X509Certificate } from "node:crypto";
import { connect, type TLSSocket } from "node:tls";
import { GATEWAY_SERVER_NAME, RENEW_PATH } from "../../protocol/constants.ts";
import { EnrolResponse } from "../../protocol/messages.ts";
import type { Identity } from "../state.ts";
import { makeCsr, makeKey } from "./csr.ts";
import { EnrolError, post } from "./enrol.ts";

/** After two thirds of its life. */
export function isRenewalDue(certificate: string, now: number): boolean {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
  return now > from + ((to - from) * 2) / 3;
}

/** Asks for a new certificate. Nothing is saved here. @throws EnrolError */
export async function renew(identity: Identity, keyPem: string): Promise<{ identity: Identity; keyPem: string }> {
  const url = new URL(identity.gateway);
  const fresh = makeKey();
  const socket = await open(url, identity, keyPem);
  const answer = EnrolResponse.safeParse(
    await post(socket, url, JSON.stringify({ csr: makeCsr(fresh, identity.nodeId) }), RENEW_PATH),
  );
  if (!answer.success) throw new EnrolError("unreachable", `${url.host} did not answer as a gateway does`);
  if (!answer.data.ok) throw new EnrolError(answer.data.code, answer.data.message);
  const { certificate, commandKeys, ca } = answer.data;
  return {
    identity: { ...identity, certificate, ca, commandKeys: { ...identity.commandKeys, ...commandKeys } },
    keyPem: fresh,
  };
}

function open(url: URL, identity: Identity, keyPem: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: Number(url.port || 443),
      servername: GATEWAY_SERVER_NAME,
      minVersion: "TLSv1.3",
      ca: identity.ca,
      cert: identity.certificate,
      key: keyPem,
      timeout: 15_000,
    });
    socket.once("timeout", () => socket.destroy(new Error("no answer in time")));
    socket.once("error", (err) => reject(new EnrolError("unreachable", `${url.host}: ${err.message}`)));
    socket.once("secureConnect", () => resolve(socket));
  });
}
