// Security headers of every response. The nonce goes to Next (scripts) and to the root layout (styles) by request headers.
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** What a page may load and run. Nothing inline without the nonce: neither scripts nor styles, nor style attributes in markup. */
export function contentSecurityPolicy(nonce: string, isDev: boolean): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDev ? " 'unsafe-eval'" : ""}`,
    "script-src-attr 'none'",
    // Next's development overlay writes its own styles; a nonce beside it would switch the exception off again.
    isDev ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${isDev ? " ws:" : ""}`,
    "frame-src 'none'",
    "worker-src 'none'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** Sets the headers. Call it after `stripSteering`: what it puts on the request is trusted by the pages. */
export function secure(req: IncomingMessage, res: ServerResponse, options: { isHttps: boolean; isDev: boolean }): void {
  const nonce = randomBytes(16).toString("base64");
  const csp = contentSecurityPolicy(nonce, options.isDev);
  req.headers["content-security-policy"] = csp;
  req.headers["x-nonce"] = nonce;
  res.setHeader("content-security-policy", csp);
  res.setHeader("x-content-type-options", "nosniff");
  res.setHeader("x-frame-options", "DENY");
  res.setHeader("referrer-policy", "same-origin");
  res.setHeader("cross-origin-opener-policy", "same-origin");
  res.setHeader("cross-origin-resource-policy", "same-origin");
  res.setHeader("permissions-policy", "camera=(), microphone=(), geolocation=()");
  if (options.isHttps) res.setHeader("strict-transport-security", "max-age=31536000");
}
