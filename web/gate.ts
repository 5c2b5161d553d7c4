// What is asked of every request before its route is looked at: shape, size, origin. Pure apart from deleting headers that would steer Next.
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";
import { jsonFault, LIMITS, Refusal } from "./limits.ts";

/** Next and proxies take orders from headers; ours get none from outside. */
const STEERING = ["x-middleware", "x-invoke", "x-nextjs", "x-next", "x-matched-path", "x-now-route", "x-vercel"];
const STEERING_NAMES = new Set([
  "next-action",
  "next-resume",
  "x-nonce",
  "content-security-policy",
  "content-security-policy-report-only",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-forwarded-server",
  "x-original-url",
  "x-rewrite-url",
  "x-prerender-revalidate",
]);
const OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override"];

/** Removes what steers Next, better-auth or a proxy; only what we set ourselves afterwards may. */
export function stripSteering(headers: IncomingHttpHeaders): void {
  for (const name of Object.keys(headers))
    if (STEERING_NAMES.has(name) || STEERING.some((prefix) => name.startsWith(prefix))) delete headers[name];
}

/** A host that cannot be made to point elsewhere: an address, or this machine by name. */
function isFixedHost(host: string): boolean {
  if (!URL.canParse(`http://${host}`)) return false;
  const name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, "");
  return name === "localhost" || ipaddr.isValid(name);
}

/** Whether an Origin is this console: its public address, or the very address it was asked at when that is an IP address. */
export function isOwnOrigin(origin: string, host: string | undefined, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false; // "null" among them
  if (origin === new URL(publicUrl).origin) return true;
  // A foreign name that resolves to us (DNS rebinding) would pass a comparison with Host alone.
  return host !== undefined && isFixedHost(host) && origin === `http://${host}`;
}

/** Whether a request from this machine was really meant for it: not through a proxy, not by a name that a page elsewhere chose. */
export const isLocal = (req: IncomingMessage): boolean =>
  ["127.0.0.1", "::1", "::ffff:127.0.0.1"].includes(req.socket.remoteAddress ?? "") &&
  ["x-forwarded-for", "forwarded", "x-real-ip", "via"].every((name) => req.headers[name] === undefined) &&
  isFixedHost(req.headers.host ?? "");

/** Path and query of a request target. @throws Refusal for targets that two readers could read differently */
export function readTarget(url: string | undefined): { path: string; query: URLSearchParams } {
  const target = url ?? "";
  if (target.length > LIMITS.url) throw new Refusal(414, "the address is too long");
  const [path = "", ...rest] = target.split("?");
  let isOdd = !path.startsWith("/") || /\/\/|\\|[^!-~]|%(?:00|2f|5c|2e)/i.test(path) || /\/\.\.?(?:\/|$)/.test(path);
  try {
    decodeURIComponent(path);
  } catch {
    isOdd = true; // broken escapes
  }
  if (isOdd) throw new Refusal(400, "this address cannot be read");
  const query = new URLSearchParams(rest.join("?"));
  // Next takes route parameters and internals from such names when a proxy of its own sets them.
  for (const name of query.keys())
    if (/^(?:nxt[PI]|__next|_next)/.test(name)) throw new Refusal(400, "this address cannot be read");
  for (const input of query.getAll("input")) {
    const fault = jsonFault(input);
    if (fault) throw new Refusal(400, fault);
  }
  return { path, query };
}

/** @throws Refusal when the request's shape is not what browsers and our tools send */
export function checkShape(req: IncomingMessage): void {
  const { headers, rawHeaders } = req;
  if (rawHeaders.length / 2 > LIMITS.headers) throw new Refusal(431, "too many headers");
  if (OVERRIDES.some((name) => headers[name] !== undefined))
    throw new Refusal(400, "a request's method cannot be overridden");
  const isRead = req.method === "GET" || req.method === "HEAD";
  if (isRead && (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0))
    throw new Refusal(400, "a read has no body", { connection: "close" });
}

/**
 * Other sites may link to pages and nothing else.
 * Tools send neither Origin nor cookie and carry a bearer token; browsers send Origin with every change.
 * @param isPage pages may be navigated to from anywhere
 * @throws Refusal (403) for a request that comes from another site
 */
export function checkOrigin(req: IncomingMessage, publicUrl: string, isPage: boolean): void {
  const { origin, host, cookie, "sec-fetch-site": site } = req.headers;
  const elsewhere = new Refusal(403, "this request comes from another site", { connection: "close" });
  if (origin !== undefined && !isOwnOrigin(origin, host, publicUrl)) {
    if (!isPage) throw elsewhere;
    return;
  }
  if (isPage) return;
  const isSaidForeign = site !== undefined && site !== "same-origin" && site !== "none";
  if (isSaidForeign) throw elsewhere;
  const isChange = req.method !== "GET" && req.method !== "HEAD";
  if (isChange && origin === undefined && (cookie !== undefined || site !== undefined)) throw elsewhere;
}
