// Security headers of every response, and the check that a request comes from our own pages.
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Sets the headers and hands the nonce to Next through the request, from where it puts it on its scripts. */
export function secure(req: IncomingMessage, res: ServerResponse, options: { isHttps: boolean; isDev: boolean }): void {
  const nonce = randomBytes(16).toString("base64");
  const csp = [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${options.isDev ? " 'unsafe-eval'" : ""}`,
    // Style attributes are set by charts and popovers; scripts stay nonce-only.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self'${options.isDev ? " ws:" : ""}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
  // Only what we set ourselves may steer Next: requests cannot bring these along.
  for (const name of Object.keys(req.headers))
    if (name.startsWith("x-middleware") || name.startsWith("x-invoke") || name === "x-nonce") delete req.headers[name];
  req.headers["content-security-policy"] = csp;
  res.setHeader("content-security-policy", csp);
  res.setHeader("x-content-type-options", "nosniff");
  res.setHeader("referrer-policy", "same-origin");
  res.setHeader("cross-origin-opener-policy", "same-origin");
  res.setHeader("permissions-policy", "camera=(), microphone=(), geolocation=()");
  if (options.isHttps) res.setHeader("strict-transport-security", "max-age=31536000");
}

/**
 * False for a request that changes something and comes from another site: its Origin must be the host it was sent to.
 * Tools send no Origin and carry a bearer token instead of a cookie, so they pass.
 */
export function isSameOrigin(req: IncomingMessage): boolean {
  if (req.method === "GET" || req.method === "HEAD") return true;
  const { origin, host } = req.headers;
  if (origin === undefined)
    return req.headers["sec-fetch-site"] === undefined || req.headers["sec-fetch-site"] === "same-origin";
  return URL.canParse(origin) && new URL(origin).host === host;
}
