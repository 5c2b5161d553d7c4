// A small agent for the gateway's tests: real TLS, real WebSocket, the real codec, and nothing behind it.
import "reflect-metadata";
import { randomUUID, webcrypto } from "node:crypto";
import { type Agent, request } from "node:https";
import * as x509 from "@peculiar/x509";
import { type ClientOptions, WebSocket } from "ws";
import { decodeFromGateway, encode } from "../../protocol/codec.ts";
import { AGENT_SOCKET_PATH, ENROL_PATH, GATEWAY_SERVER_NAME, RENEW_PATH } from "../../protocol/constants.ts";
import { type AgentToGateway, EnrolResponse, type GatewayToAgent } from "../../protocol/messages.ts";
import { readTrust, trustFromJson } from "../../protocol/trust.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";

export type Identity = { nodeId: string; key: string; certificate: string; ca: string[] };

/** A key and a request for it, as an agent makes them. */
export async function makeRequest(curve = "P-256"): Promise<{ key: string; csr: string }> {
  const algorithm = { name: "ECDSA", namedCurve: curve, hash: "SHA-256" };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: "CN=whatever",
    keys,
    signingAlgorithm: algorithm,
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { key, csr: request.toString("pem") };
}

const casOf = (answer: EnrolResponse & { ok: true }): string[] => readTrust(trustFromJson(answer.trust))?.cas ?? [];

/** One HTTPS request to the gateway; the certificate is not looked at. */
export function call(
  port: number,
  path: string,
  options: {
    method?: string;
    headers?: Record<string, string>;
    body?: unknown;
    identity?: Identity;
    /** Connections to share; else each request has one of its own. */
    agent?: Agent;
  } = {},
) {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const { method = "GET", headers = {}, body, identity, agent = false } = options;
    const certificate = identity ? { key: identity.key, cert: identity.certificate } : {};
    const req = request(
      {
        host: "127.0.0.1",
        port,
        path,
        method,
        headers,
        servername: GATEWAY_SERVER_NAME,
        rejectUnauthorized: false,
        agent,
        ...certificate,
      },
      (res) => {
        let text = "";
        res.setEncoding("utf8");
        res.on("data", (chunk: string) => {
          text += chunk;
        });
        res.on("end", () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
      },
    );
    req.on("error", reject);
    req.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export async function enrolAt(
  port: number,
  input: { token: string; name: string; machineId?: string },
): Promise<{ answer: EnrolResponse; identity: Identity | null }> {
  const { key, csr } = await makeRequest();
  const body = {
    csr,
    bootId: "boot-1",
    agentVersion: "0.0.0-test",
    machineId: input.machineId ?? `machine-${input.name}`,
    ...input,
  };
  const answer = EnrolResponse.parse(JSON.parse((await call(port, ENROL_PATH, { method: "POST", body })).text));
  return {
    answer,
    identity: answer.ok ? { nodeId: answer.nodeId, key, certificate: answer.certificate, ca: casOf(answer) } : null,
  };
}

/** Renews over the wire. @returns the same node with a new key and certificate, null when it was refused */
export async function renewAt(port: number, identity: Identity): Promise<Identity | null> {
  const { key, csr } = await makeRequest();
  const { text } = await call(port, RENEW_PATH, { method: "POST", body: { csr }, identity });
  const answer = EnrolResponse.parse(JSON.parse(text));
  return answer.ok ? { ...identity, key, certificate: answer.certificate } : null;
}

export type TestClient = {
  received: GatewayToAgent[];
  send: (message: AgentToGateway) => void;
  sendRaw: (data: Uint8Array | string) => void;
  /** The first message (received or to come) that fits; each is handed out once. */
  next: <T extends GatewayToAgent["type"]>(type: T) => Promise<Extract<GatewayToAgent, { type: T }>>;
  closed: Promise<number>;
  close: () => void;
  /** Ends the connection as the kernel does for a process that was killed. */
  cut: () => void;
  epoch: string;
};

/** Opens the WebSocket; rejects with "HTTP 401" and the like when the gateway does not let it in. */
export function connectAs(port: number, identity: Identity | null, epoch: string = randomUUID()): Promise<TestClient> {
  // `servername` is handed through to TLS; the type of ws does not list it.
  const options: ClientOptions & { servername: string } = {
    servername: GATEWAY_SERVER_NAME,
    minVersion: "TLSv1.3",
    ...(identity ? { key: identity.key, cert: identity.certificate, ca: identity.ca } : { rejectUnauthorized: false }),
  };
  const ws = new WebSocket(`wss://127.0.0.1:${port}${AGENT_SOCKET_PATH}`, options);
  const received: GatewayToAgent[] = [];
  const waiting: { type: string; resolve: (message: GatewayToAgent) => void }[] = [];
  const unread: GatewayToAgent[] = [];
  ws.on("message", (data: Buffer) => {
    const decoded = decodeFromGateway(data);
    if (!decoded.ok) throw new Error(decoded.reason);
    received.push(decoded.message);
    const index = waiting.findIndex(({ type }) => type === decoded.message.type);
    const [waiter] = index >= 0 ? waiting.splice(index, 1) : [];
    if (waiter) waiter.resolve(decoded.message);
    else unread.push(decoded.message);
  });
  const closed = new Promise<number>((resolve) => ws.once("close", resolve));
  const client: TestClient = {
    received,
    epoch,
    closed,
    send: (message) => ws.send(encode(message)),
    sendRaw: (data) => ws.send(data),
    next: (type) =>
      new Promise((resolve) => {
        const give = (message: GatewayToAgent) => resolve(message as never); // its type was compared
        const index = unread.findIndex((message) => message.type === type);
        const [found] = index >= 0 ? unread.splice(index, 1) : [];
        if (found) give(found);
        else waiting.push({ type, resolve: give });
      }),
    close: () => ws.close(),
    cut: () => ws.terminate(),
  };
  return new Promise((resolve, reject) => {
    ws.once("open", () => resolve(client));
    ws.once("unexpected-response", (_req, res) => reject(new Error(`HTTP ${res.statusCode}`)));
    ws.once("error", reject);
  });
}

/** Connects and says hello; ends with the gateway's welcome. */
export async function joinSession(port: number, identity: Identity, epoch?: string) {
  const client = await connectAs(port, identity, epoch);
  client.send({
    type: "hello",
    v: PROTOCOL_VERSION,
    epoch: client.epoch,
    agentVersion: "0.0.0-test",
    bootId: "boot-1",
    at: Date.now(),
  });
  return { client, welcome: await client.next("welcome") };
}
