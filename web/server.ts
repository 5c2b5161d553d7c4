// The HTTP server in front of everything: gate, table, access, body, handler — in this order, for every request.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { clientAddress, isIn, parseRanges, type Range } from "./client-address.ts";
import { checkOrigin, checkShape, isLocal, readTarget, stripSteering } from "./gate.ts";
import { secure } from "./headers.ts";
import { LIMITS, Refusal, readBody } from "./limits.ts";
import { DEV_ROUTES, findRoute, ROUTES, type Route, type Target } from "./routes.ts";

/** @param body text of a POST, checked for size, encoding and depth; "" otherwise */
export type Handler = (req: IncomingMessage, res: ServerResponse, body: string) => Promise<void> | void;

export type WebServerOptions = {
  publicUrl: string;
  isDev?: boolean;
  /** Whose X-Forwarded-For is believed: addresses or CIDR ranges. */
  trustedProxies?: string;
  handlers: Record<Target, Handler>;
  isSignedIn: (req: IncomingMessage) => Promise<boolean>;
  onError: (err: unknown, req: IncomingMessage) => void;
  /** Shorter times for tests, ms. */
  times?: Partial<Record<"headersMs" | "requestMs" | "checkMs", number>>;
};

/** A short answer in plain text. */
export function plain(res: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  res.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(text);
}

function refuse(res: ServerResponse, refusal: Refusal): void {
  if (res.headersSent) return void res.destroy();
  for (const [name, value] of Object.entries(refusal.headers)) res.setHeader(name, value);
  plain(res, refusal.status, `${refusal.message}\n`);
}

/** Connections of one address are counted, so that one sender cannot take all of them. */
function limitConnections(server: Server, trusted: readonly Range[]): void {
  const open = new Map<string, number>();
  server.maxConnections = LIMITS.connections;
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    if (isIn(address, trusted)) return; // a proxy is everybody: there its own limits count
    const count = (open.get(address) ?? 0) + 1;
    if (count > LIMITS.connectionsPerAddress) return void socket.destroy();
    open.set(address, count);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

/** The web process's server, not yet listening. */
export function createWebServer(options: WebServerOptions): Server {
  const { publicUrl, handlers, isSignedIn, onError, times = {}, isDev = false } = options;
  const trusted = parseRanges(options.trustedProxies ?? "127.0.0.1,::1");
  const isHttps = publicUrl.startsWith("https:");
  const routes = isDev ? [...DEV_ROUTES, ...ROUTES] : ROUTES;

  async function authorise(route: Route, req: IncomingMessage, isFromHere: boolean): Promise<void> {
    const isAsked = route.access === "signed-in" || (route.access === "local-or-signed-in" && !isFromHere);
    if (isAsked && !(await isSignedIn(req))) throw new Refusal(401, "sign in first");
  }

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const isFromHere = isLocal(req);
    const address = clientAddress(req, trusted);
    stripSteering(req.headers);
    req.headers["x-forwarded-for"] = address; // what limits per address read
    secure(req, res, { isHttps, isDev });
    checkShape(req);
    const { path } = readTarget(req.url);
    const found = findRoute(req.method, path, routes);
    if (found.kind === "none") throw new Refusal(404, "nothing lies at this address");
    if (found.kind === "methods")
      throw new Refusal(405, "not with this method", { allow: found.allowed.join(", "), connection: "close" });
    const { route } = found;
    // Whoever comes back from an identity provider comes from another site, by GET and without our cookies' help.
    checkOrigin(req, publicUrl, route.target === "pages" || (route.access === "sign-in" && req.method === "GET"));
    await authorise(route, req, isFromHere);
    if (route.target !== "pages") res.setHeader("cache-control", "no-store"); // answers are for whoever asked, now
    // Pages take no bodies; only Next's development server has calls of its own there.
    const body = req.method === "POST" && route.target !== "pages" ? await readBody(req) : "";
    await handlers[route.target](req, res, body);
  }

  const server = createServer(
    {
      maxHeaderSize: LIMITS.headerBytes,
      headersTimeout: times.headersMs ?? LIMITS.headersMs,
      requestTimeout: times.requestMs ?? LIMITS.requestMs,
      keepAliveTimeout: LIMITS.keepAliveMs,
      connectionsCheckingInterval: times.checkMs ?? LIMITS.checkMs,
      requireHostHeader: true,
    },
    (req, res) => {
      serve(req, res).catch((err: unknown) => {
        if (err instanceof Refusal) return refuse(res, err);
        onError(err, req);
        refuse(res, new Refusal(500, "something went wrong on our side"));
      });
    },
  );
  limitConnections(server, trusted);
  return server;
}
