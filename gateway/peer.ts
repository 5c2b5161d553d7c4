// Who is at the other end of a TLS connection, by its client certificate.
import { TLSSocket } from "node:tls";
import type { Certificate } from "../server/agents/sessions.ts";

/** A node with a certificate of our CA; whether that still counts is in the database. */
export type Peer = Certificate & {
  address: string;
  /** sha-256 (hex) of the CA that issued its certificate. */
  ca: string;
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Null for everybody who did not show a certificate of our CA that is valid now and names a node. */
export function peerOf(socket: unknown): Peer | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  const certificate = socket.getPeerCertificate(true);
  const nodeId = certificate.subject?.CN;
  if (typeof nodeId !== "string" || !UUID.test(nodeId)) return null;
  const expiresAt = new Date(certificate.valid_to);
  const ca = certificate.issuerCertificate?.fingerprint256?.replaceAll(":", "").toLowerCase() ?? "";
  return { nodeId, serial: certificate.serialNumber, expiresAt, address: socket.remoteAddress ?? "", ca };
}
