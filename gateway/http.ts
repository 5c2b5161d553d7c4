// The gateway's plain HTTPS routes: enrolment, and the agent's bundle for machines that join.
import type { IncomingMessage, ServerResponse } from "node:http";
import { ENROL_PATH, RENEW_PATH } from "../protocol/constants.ts";
import type { EnrolResponse } from "../protocol/messages.ts";
import type { Bundle } from "../server/agents/bundle.ts";
import type { Enrol } from "../server/agents/enrol.ts";
import type { Renew } from "../server/agents/renew.ts";
import type { Logger } from "../server/core/log.ts";
import { timed } from "../server/core/metrics.ts";
import type { EnrolGuard } from "./enrol-guard.ts";
import { peerOf } from "./peer.ts";

/** Path of the agent's bundle; its checksum lies beside it with .sha256. */
const BUNDLE_PATH = "/agent/nodeops-agent.mjs";
/** An enrolment request is a token and a certificate request, bytes. */
const BODY_BYTES_MAX = 32 * 1024;

/** `renewals` is a queue of its own: strangers who storm enrolment keep no node from renewing. */
export type Routes = {
  enrol: Enrol;
  renew: Renew;
  guard: EnrolGuard;
  renewals: EnrolGuard;
  bundle: () => Bundle | null;
  log: Logger;
};

const statusOf: Record<Extract<EnrolResponse, { ok: false }>["code"], number> = {
  "bad-token": 403,
  expired: 403,
  "used-up": 403,
  "wrong-network": 403,
  "name-taken": 409,
  quarantined: 409,
  malformed: 400,
  overload: 503,
};

/** Refusals that somebody who tries tokens would get. */
const isGuess: Partial<Record<Extract<EnrolResponse, { ok: false }>["code"], true>> = {
  "bad-token": true,
  "wrong-network": true,
  malformed: true,
};

const overload: EnrolResponse = {
  ok: false,
  code: "overload",
  message: "too much at once here, try again in a minute",
};

async function readBody(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return null;
  }
}

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  res.end(`${JSON.stringify(body)}\n`);
}

async function handleEnrol(req: IncomingMessage, res: ServerResponse, routes: Routes): Promise<void> {
  const { enrol, guard, log } = routes;
  const address = req.socket.remoteAddress ?? "";
  if (!guard.mayTry(address)) return sendJson(res, 429, overload);
  const body = await readBody(req);
  const answer = (await guard.run(() => enrol(body, address))) ?? overload;
  if (answer.ok) {
    log.info({ nodeId: answer.nodeId, name: answer.name, address }, "node enrolled");
    return sendJson(res, 200, answer);
  }
  if (isGuess[answer.code]) guard.failed(address);
  log.warn({ address, code: answer.code }, "enrolment refused");
  sendJson(res, statusOf[answer.code], answer);
}

async function handleRenew(req: IncomingMessage, res: ServerResponse, { renew, renewals, log }: Routes): Promise<void> {
  const peer = peerOf(req.socket);
  if (!peer) return sendJson(res, 401, { ok: false, code: "bad-token", message: "a node's certificate is needed" });
  const body = await readBody(req);
  const answer = (await renewals.run(() => renew(peer, body, peer.address))) ?? overload;
  log.info({ nodeId: peer.nodeId, ok: answer.ok }, "certificate renewal");
  sendJson(res, answer.ok ? 200 : statusOf[answer.code], answer);
}

function handleBundle(req: IncomingMessage, res: ServerResponse, { bundle }: Routes, isChecksum: boolean): void {
  const found = bundle();
  if (!found) {
    sendJson(res, 503, { error: "the agent is not built yet" });
    return;
  }
  const etag = `"${found.sha256}"`;
  const headers = { etag, "cache-control": "no-cache", "x-content-type-options": "nosniff" };
  if (req.headers["if-none-match"] === etag) {
    res.writeHead(304, headers);
    res.end();
    return;
  }
  const content = isChecksum ? Buffer.from(`${found.sha256}  nodeops-agent.mjs\n`) : found.content;
  const type = isChecksum ? "text/plain; charset=utf-8" : "text/javascript; charset=utf-8";
  res.writeHead(200, { ...headers, "content-type": type, "content-length": content.byteLength });
  res.end(req.method === "HEAD" ? undefined : content);
}

/** Request handler of the TLS server. Everything that is not listed here is not found. */
export function createRoutes(routes: Routes): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    const path = new URL(req.url ?? "/", "https://gateway").pathname;
    const isRead = req.method === "GET" || req.method === "HEAD";
    const run = async () => {
      if (path === ENROL_PATH && req.method === "POST")
        return timed("http", "POST /v1/enrol", () => handleEnrol(req, res, routes));
      if (path === RENEW_PATH && req.method === "POST")
        return timed("http", "POST /v1/renew", () => handleRenew(req, res, routes));
      if (isRead && path === BUNDLE_PATH)
        return timed("http", "GET /agent", async () => handleBundle(req, res, routes, false));
      if (isRead && path === `${BUNDLE_PATH}.sha256`)
        return timed("http", "GET /agent.sha256", async () => handleBundle(req, res, routes, true));
      sendJson(res, 404, { error: "not found" });
    };
    run().catch((err: unknown) => {
      routes.log.error({ path, err: err instanceof Error ? err.message : String(err) }, "request failed");
      if (!res.headersSent) sendJson(res, 503, overload);
    });
  };
}
