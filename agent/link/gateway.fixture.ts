// For tests: a small gateway with a CA of its own. Speaks enrolment and the session protocol over real TLS, and remembers what it was told.
import "reflect-metadata";
import { createHash, generateKeyPairSync, sign, webcrypto } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import * as x509 from "@peculiar/x509";
import { type WebSocket, WebSocketServer } from "ws";
import { decodeFromAgent, encode } from "../../protocol/codec.ts";
import { type CommandPayload, commandBytes, payloadBytes, type SignedCommand } from "../../protocol/commands.ts";
import { AGENT_SOCKET_PATH, GATEWAY_SERVER_NAME } from "../../protocol/constants.ts";
import { type AgentToGateway, EnrolRequest, type GatewayToAgent, JOIN_TOKEN_PREFIX } from "../../protocol/messages.ts";
import {
  commandKeyId,
  type FreezeContent,
  freezeBytes,
  keyFingerprint,
  type SignedFreeze,
  type TrustContent,
  type TrustDocument,
  trustBytes,
  trustToJson,
} from "../../protocol/trust.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";

// Node's types for web crypto and the DOM's differ in name only.
x509.cryptoProvider.set(webcrypto as Crypto);
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const makeKeys = async () => (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
const validity = () => ({ notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) });
const keyPem = async (key: CryptoKey) =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key as webcrypto.CryptoKey), "PRIVATE KEY");

export type Authority = { cert: x509.X509Certificate; keys: CryptoKeyPair };

/** A new certificate authority. */
export async function makeAuthority(name = "CN=test CA"): Promise<Authority> {
  const keys = await makeKeys();
  const extensions = [new x509.BasicConstraintsExtension(true, undefined, true)];
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions,
  });
  return { cert, keys };
}

async function issue(
  ca: Authority,
  subject: string,
  publicKey: x509.PublicKey | CryptoKey,
  names: string[],
  notAfter?: Date,
) {
  const extensions = [
    new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value }))),
  ];
  const common = {
    subject,
    issuer: ca.cert.subject,
    signingKey: ca.keys.privateKey,
    signingAlgorithm: algorithm,
    ...validity(),
    ...(notAfter ? { notAfter, notBefore: new Date(notAfter.getTime() - 3_600_000) } : {}),
  };
  return x509.X509CertificateGenerator.create({ ...common, publicKey: publicKey as x509.PublicKey, extensions });
}

/** A certificate request as another library reads it. */
export async function readCsr(pem: string): Promise<{ verified: boolean; subject: string }> {
  const csr = new x509.Pkcs10CertificateRequest(pem);
  return { verified: await csr.verify(), subject: csr.subject };
}

export const fingerprint = (ca: Authority): string =>
  createHash("sha256").update(Buffer.from(ca.cert.rawData)).digest("hex");

/** A key that signs commands, trust documents and lifts. */
export type TestSigner = {
  keyId: string;
  raw: string;
  fingerprint: string;
  sign: (bytes: Uint8Array) => Uint8Array<ArrayBuffer>;
};

export function makeSigner(): TestSigner {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  return {
    keyId: commandKeyId(raw),
    raw: raw.toString("base64url"),
    fingerprint: keyFingerprint(raw),
    sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  };
}

/** A trust document over these keys (the first signs commands), signed by `signers`. */
export function makeTrust(input: {
  serial: number;
  keys: TestSigner[];
  cas: Authority[];
  signers: TestSigner[];
}): TrustDocument {
  const content: TrustContent = {
    v: 1,
    serial: input.serial,
    issuedAt: Date.now(),
    commandKeys: Object.fromEntries(input.keys.map(({ keyId, raw }) => [keyId, raw])),
    signer: input.keys[0]?.keyId ?? "",
    cas: input.cas.map(({ cert }) => cert.toString("pem")),
  };
  const payload = new Uint8Array(Buffer.from(JSON.stringify(content)));
  return { payload, signatures: Object.fromEntries(input.signers.map((s) => [s.keyId, s.sign(trustBytes(payload))])) };
}

/** A freeze or its lift; unsigned without a signer. */
export function makeFreeze(frozen: boolean, epoch: number, signer?: TestSigner): SignedFreeze {
  const content: FreezeContent = { v: 1, epoch, frozen, issuedAt: Date.now() };
  const payload = new Uint8Array(Buffer.from(JSON.stringify(content)));
  return { payload, keyId: signer?.keyId ?? null, signature: signer?.sign(freezeBytes(payload)) ?? null };
}

export const NODE_ID = "0191d3a0-0000-7000-8000-000000000001";

export type TestGateway = {
  url: string;
  token: string;
  /** Everything the agent said, in order, over all sessions. */
  heard: AgentToGateway[];
  sessions: number;
  /** Sends to the current session. */
  send: (message: GatewayToAgent) => void;
  /** Cuts the current session without a close frame. */
  cut: () => void;
  sign: (payload: CommandPayload) => SignedCommand;
  ca: Authority;
  signer: TestSigner;
  /** What it hands to agents that enrol and in its welcome. */
  trust: TrustDocument;
  freeze: SignedFreeze;
  /** Whether durable frames and facts are acknowledged. */
  acks: boolean;
  /** State that survives sessions, as a database would. */
  ackedSeq: number;
  hashes: Record<string, string>;
  onMessage: (message: AgentToGateway) => void;
  close: () => Promise<void>;
};

/** Starts a gateway on a free port. `serverName` and `presented` make bad ones. */
export async function startTestGateway(
  options: {
    serverName?: string;
    presented?: Authority;
    tokenCa?: Authority;
    tokenKey?: TestSigner;
    address?: string;
    notAfter?: Date;
    maxVersion?: "TLSv1.2";
  } = {},
): Promise<TestGateway> {
  const ca = options.presented ?? (await makeAuthority());
  const serverKeys = await makeKeys();
  const serverCert = await issue(
    ca,
    "CN=gateway",
    serverKeys.publicKey,
    [options.serverName ?? GATEWAY_SERVER_NAME],
    options.notAfter,
  );
  const signer = makeSigner();
  const server: Server = createServer({
    key: await keyPem(serverKeys.privateKey),
    cert: `${serverCert.toString("pem")}\n${ca.cert.toString("pem")}`,
    ca: ca.cert.toString("pem"),
    requestCert: true,
    rejectUnauthorized: false,
    ...(options.maxVersion ? { maxVersion: options.maxVersion } : { minVersion: "TLSv1.3" }),
  });
  server.on("request", async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const body = EnrolRequest.parse(JSON.parse(Buffer.concat(chunks).toString()));
    const csr = new x509.Pkcs10CertificateRequest(body.csr);
    if (!(await csr.verify()))
      return res.end(JSON.stringify({ ok: false, code: "malformed", message: "request is not signed by its key" }));
    if (body.token !== gateway.token)
      return res.end(JSON.stringify({ ok: false, code: "bad-token", message: "no such token" }));
    const certificate = await issue(ca, `CN=${NODE_ID}`, csr.publicKey, []);
    const answer = {
      ok: true,
      nodeId: NODE_ID,
      name: body.name,
      certificate: certificate.toString("pem"),
      trust: trustToJson(gateway.trust),
    };
    res.end(JSON.stringify(answer));
  });
  let current: WebSocket | null = null;
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (req, socket, head) => {
    if (req.url !== AGENT_SOCKET_PATH || !(req.socket as TLSSocket).authorized) return socket.destroy();
    sockets.handleUpgrade(req, socket, head, (ws) => {
      current = ws;
      gateway.sessions += 1;
      ws.on("message", (data: Buffer) => {
        const decoded = decodeFromAgent(data);
        if (!decoded.ok) throw new Error(decoded.reason);
        const { message } = decoded;
        gateway.heard.push(message);
        if (message.type === "hello") {
          const { ackedSeq, hashes } = gateway;
          gateway.send({
            type: "welcome",
            v: PROTOCOL_VERSION,
            at: Date.now(),
            heartbeatMs: 1_000,
            ackedSeq,
            hashes,
            trust: gateway.trust,
            freeze: gateway.freeze,
          });
        } else if (message.type === "heartbeat") gateway.send({ type: "pulse", echo: message.at, at: Date.now() });
        else if (message.type === "facts" && gateway.acks) {
          for (const fact of message.items) gateway.hashes[fact.kind] = fact.hash;
          gateway.send({ type: "facts-ack", batch: message.batch });
        } else if (message.type === "durable" && gateway.acks) {
          gateway.ackedSeq = Math.max(gateway.ackedSeq, message.seq);
          gateway.send({ type: "ack", seq: message.seq });
        }
        gateway.onMessage(message);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, options.address ?? "127.0.0.1", resolve));
  const token = {
    id: "t1",
    secret: "s",
    ca: fingerprint(options.tokenCa ?? ca),
    key: (options.tokenKey ?? signer).fingerprint,
  };
  const gateway: TestGateway = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: JOIN_TOKEN_PREFIX + Buffer.from(JSON.stringify(token)).toString("base64url"),
    heard: [],
    sessions: 0,
    ca,
    signer,
    trust: makeTrust({ serial: 1, keys: [signer], cas: [ca], signers: [signer] }),
    freeze: makeFreeze(false, 0),
    acks: true,
    ackedSeq: 0,
    hashes: {},
    onMessage: () => undefined,
    send: (message) => current?.send(encode(message)),
    cut: () => current?.terminate(),
    sign: (payload) => {
      const bytes = payloadBytes(payload);
      return { payload: new Uint8Array(bytes), keyId: signer.keyId, signature: signer.sign(commandBytes(bytes)) };
    },
    async close() {
      current?.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return gateway;
}
