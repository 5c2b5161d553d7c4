// The web process: tRPC, sign-in, event stream and health on one node:http server; everything else is a page of Next.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { toNodeHandler } from "better-auth/node";
import next from "next";
import { actorOf } from "../server/accounts/actor.ts";
import { createAuth } from "../server/accounts/auth.ts";
import { readOidc } from "../server/accounts/oidc.ts";
import { provideAccounts } from "../server/accounts/runtime.ts";
import { createEventStream } from "../server/api/events.ts";
import { createTrpcHandler } from "../server/api/handler.ts";
import { startBeat } from "../server/core/beat.ts";
import { openDatabase } from "../server/core/db.ts";
import { readEnv } from "../server/core/env.ts";
import { createLogger } from "../server/core/log.ts";
import { collectProcessMetrics, registry, timed } from "../server/core/metrics.ts";
import { readSecret } from "../server/core/secrets.ts";
import { VERSION } from "../server/core/version.ts";
import { createWebServer, plain } from "./server.ts";

/** Nothing that a page waits for takes longer, ms. */
const STATEMENT_TIMEOUT_MS = 10_000;

const env = readEnv();
const isDev = env.NODEOPS_DEV === "1";
const log = createLogger("web", env.LOG_LEVEL);
collectProcessMetrics("web");

const database = openDatabase(env.DATABASE_URL, { name: "web", statementTimeoutMs: STATEMENT_TIMEOUT_MS });
// Proofs of presence are counted outside of the verb's transaction. On the same pool, verbs that hold all of its connections would wait for one more.
const proofs = openDatabase(env.DATABASE_URL, {
  name: "web-proofs",
  poolMax: 3,
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
});
const { prisma } = database;
const oidc = readOidc();
const auth = createAuth({
  prisma,
  secret: readSecret(env.NODEOPS_DATA, "web", "auth-secret"),
  publicUrl: env.PUBLIC_URL,
  oidc,
});
provideAccounts({ auth, prisma: proofs.prisma, publicUrl: env.PUBLIC_URL, oidc });
const now = (): Date => new Date();
const trpc = createTrpcHandler({ prisma, auth, log, now });
const authHandler = toNodeHandler(auth);
const events = createEventStream(env.DATABASE_URL);
const whoIs = (req: IncomingMessage) => actorOf(req, { prisma, auth, now: now() });
const isSignedIn = async (req: IncomingMessage): Promise<boolean> => (await whoIs(req)).kind !== "anonymous";
let isStopping = false;

async function ready(_req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (isStopping) return plain(res, 503, "stopping\n");
  try {
    await prisma.$queryRaw`SELECT 1`;
    plain(res, 200, "ready\n");
  } catch {
    plain(res, 503, "database is not reachable\n");
  }
}

// The stream was read for its limits; both take the text from here.
const withBody = (req: IncomingMessage, body: string): IncomingMessage => Object.assign(req, { body });

const server = createWebServer({
  publicUrl: env.PUBLIC_URL,
  trustedProxies: env.TRUSTED_PROXIES,
  isDev,
  isSignedIn,
  onError: (err, req) =>
    log.error(
      { err: err instanceof Error ? err.message : String(err), path: req.url?.split("?")[0] },
      "request failed",
    ),
  handlers: {
    health: (_req, res) => plain(res, 200, "ok\n"),
    ready,
    metrics: async (_req, res) => plain(res, 200, await registry.metrics(), registry.contentType),
    api: (req, res, body) => void trpc(req.method === "POST" ? withBody(req, body) : req, res),
    auth: (req, res, body) => timed("http", "auth", () => authHandler(body ? withBody(req, body) : req, res)),
    events: (req, res) => events.handle(req, res, () => whoIs(req)),
    pages: (req, res) =>
      timed("http", req.url?.startsWith("/_next/") ? "asset" : "page", () => pages.getRequestHandler()(req, res)),
  },
});
// Next hangs its WebSocket upgrades on the server it is told: in production one that never listens, so that none are served.
const pages = next({
  dev: isDev,
  dir: process.cwd(),
  hostname: env.WEB_HOST,
  port: env.WEB_PORT,
  httpServer: isDev ? server : createServer(),
});

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
  await proofs.close();
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
