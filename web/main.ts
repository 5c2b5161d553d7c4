// The web process: tRPC, sign-in, event stream and health on one node:http server; everything else is a page of Next.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { toNodeHandler } from "better-auth/node";
import next from "next";
import { actorOf } from "../server/accounts/actor.ts";
import { createAuth } from "../server/accounts/auth.ts";
import { createEventStream } from "../server/api/events.ts";
import { createTrpcHandler, TRPC_PATH } from "../server/api/handler.ts";
import { startBeat } from "../server/core/beat.ts";
import { openDatabase } from "../server/core/db.ts";
import { readEnv } from "../server/core/env.ts";
import { createLogger } from "../server/core/log.ts";
import { collectProcessMetrics, registry, timed } from "../server/core/metrics.ts";
import { readSecret } from "../server/core/secrets.ts";
import { VERSION } from "../server/core/version.ts";
import { isSameOrigin, secure } from "./headers.ts";

const env = readEnv();
const isDev = env.NODEOPS_DEV === "1";
const log = createLogger("web", env.LOG_LEVEL);
collectProcessMetrics("web");

const database = openDatabase(env.DATABASE_URL, { name: "web" });
const { prisma } = database;
const auth = createAuth({
  prisma,
  secret: readSecret(env.NODEOPS_DATA, "auth-secret"),
  publicUrl: env.PUBLIC_URL,
  trustedOrigins: [env.PUBLIC_URL],
});
const now = (): Date => new Date();
const trpc = createTrpcHandler({ prisma, auth, log, now });
const authHandler = toNodeHandler(auth);
const events = createEventStream(env.DATABASE_URL);
const pages = next({ dev: isDev, dir: process.cwd(), hostname: env.WEB_HOST, port: env.WEB_PORT });
const isHttps = env.PUBLIC_URL.startsWith("https:");
let isStopping = false;

const plain = (res: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void => {
  res.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(text);
};
const whoIs = (req: IncomingMessage) => actorOf(req, { prisma, auth, now: now() });
/** On this machine and not through a proxy, which would make everybody look local. */
const isLoopback = (req: IncomingMessage): boolean =>
  ["127.0.0.1", "::1", "::ffff:127.0.0.1"].includes(req.socket.remoteAddress ?? "") &&
  req.headers["x-forwarded-for"] === undefined &&
  req.headers.forwarded === undefined &&
  req.headers["x-real-ip"] === undefined;

async function readyz(res: ServerResponse): Promise<void> {
  if (isStopping) return plain(res, 503, "stopping\n");
  try {
    await prisma.$queryRaw`SELECT 1`;
    plain(res, 200, "ready\n");
  } catch {
    plain(res, 503, "database is not reachable\n");
  }
}

async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const path = (req.url ?? "/").split("?", 1)[0] ?? "/";
  if (path === "/healthz") return plain(res, 200, "ok\n");
  if (path === "/readyz") return readyz(res);
  if (path === "/metrics") {
    if (!isLoopback(req) && (await whoIs(req)).kind === "anonymous") return plain(res, 401, "metrics need a token\n");
    return plain(res, 200, await registry.metrics(), registry.contentType);
  }
  secure(req, res, { isHttps, isDev });
  if (!isSameOrigin(req)) return plain(res, 403, "this request comes from another site\n");
  if (path.startsWith(TRPC_PATH)) return void trpc(req, res);
  if (path.startsWith("/api/auth/")) return timed("http", "auth", () => authHandler(req, res));
  if (path === "/events") {
    if ((await whoIs(req)).kind === "anonymous") return plain(res, 401, "sign in first\n");
    return events.handle(req, res, async () => (await whoIs(req)).kind !== "anonymous");
  }
  if (path.startsWith("/api/")) return plain(res, 404, "no such interface\n");
  return timed("http", path.startsWith("/_next/") ? "asset" : "page", () => pages.getRequestHandler()(req, res));
}

const server = createServer((req, res) => {
  route(req, res).catch((err: unknown) => {
    log.error({ err: err instanceof Error ? err.message : String(err), path: req.url }, "request failed");
    if (!res.headersSent) plain(res, 500, "something went wrong on our side\n");
    else res.end();
  });
});
// Slow senders are cut off; event streams only write, so these do not touch them.
server.requestTimeout = 30_000;
server.headersTimeout = 10_000;

async function stop(signal: string): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  log.info({ signal }, "stopping");
  setTimeout(() => process.exit(1), 8_000).unref();
  beat.stop();
  await events.close();
  server.close();
  server.closeAllConnections();
  await pages.close();
  await database.close();
  process.exit(0);
}

await pages.prepare();
const beat = startBeat(
  database.pool,
  { name: "web", version: VERSION, detail: () => ({ streams: events.clientCount() }) },
  (err) => log.warn({ err: err instanceof Error ? err.message : String(err) }, "beat failed"),
);
server.listen(env.WEB_PORT, env.WEB_HOST, () =>
  log.info({ host: env.WEB_HOST, port: env.WEB_PORT, url: env.PUBLIC_URL }, "web is listening"),
);
server.on("error", (err) => {
  log.error({ err: err.message }, "web cannot listen");
  process.exit(1);
});
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(signal));
