// Reads the session's token out of a request's cookies: the cookie better-auth set, whose signature is checked here so that one query does the rest.
import { createHmac, timingSafeEqual } from "node:crypto";

/** The token in a signed cookie, null when there is none or its signature does not fit. */
export function sessionToken(cookieHeader: string | undefined, cookieName: string, secret: string): string | null {
  for (const part of (cookieHeader ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at === -1 || part.slice(0, at).trim() !== cookieName) continue;
    const value = decode(part.slice(at + 1).trim());
    const dot = value.lastIndexOf(".");
    if (dot < 1) return null;
    const token = value.slice(0, dot);
    const given = Buffer.from(value.slice(dot + 1));
    const wanted = Buffer.from(createHmac("sha256", secret).update(token).digest("base64"));
    return given.length === wanted.length && timingSafeEqual(given, wanted) ? token : null;
  }
  return null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // broken escapes: not a cookie of ours
  }
}
