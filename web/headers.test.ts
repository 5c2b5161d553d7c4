import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { isSameOrigin, secure } from "./headers.ts";

function request(method: string, headers: Record<string, string | undefined>): IncomingMessage {
  const req = new IncomingMessage(new Socket());
  req.method = method;
  Object.assign(req.headers, headers);
  return req;
}

test.each([
  {
    name: "reading is open to links from elsewhere",
    method: "GET",
    headers: { origin: "https://evil.example", host: "console:7080" },
    want: true,
  },
  {
    name: "our own page",
    method: "POST",
    headers: { origin: "http://console:7080", host: "console:7080" },
    want: true,
  },
  {
    name: "another site",
    method: "POST",
    headers: { origin: "https://evil.example", host: "console:7080" },
    want: false,
  },
  {
    name: "the null origin of a sandboxed frame",
    method: "POST",
    headers: { origin: "null", host: "console:7080" },
    want: false,
  },
  {
    name: "another port of the same host",
    method: "POST",
    headers: { origin: "http://console:9999", host: "console:7080" },
    want: false,
  },
  { name: "a tool without origin", method: "POST", headers: { host: "console:7080" }, want: true },
  {
    name: "a browser that hides its origin",
    method: "POST",
    headers: { host: "console:7080", "sec-fetch-site": "cross-site" },
    want: false,
  },
])("isSameOrigin: $name", ({ method, headers, want }) => {
  expect(isSameOrigin(request(method, headers))).toBe(want);
});

test("every response gets a fresh nonce and nobody else steers Next", () => {
  const req = request("GET", { "x-middleware-subrequest": "1", "x-nonce": "mine", accept: "*/*" });
  const res = new ServerResponse(req);
  secure(req, res, { isHttps: true, isDev: false });
  const csp = String(res.getHeader("content-security-policy"));
  expect(csp).toMatch(/script-src 'self' 'nonce-[A-Za-z0-9+/=]{20,}' 'strict-dynamic';/);
  expect(csp).not.toMatch(/script-src[^;]*unsafe/);
  expect(req.headers["x-middleware-subrequest"]).toBeUndefined();
  expect(req.headers["x-nonce"]).toBeUndefined();
  expect(req.headers.accept).toBe("*/*");
  const other = request("GET", {});
  const otherRes = new ServerResponse(other);
  secure(other, otherRes, { isHttps: false, isDev: false });
  expect(otherRes.getHeader("content-security-policy")).not.toBe(csp);
  expect(otherRes.getHeader("strict-transport-security")).toBeUndefined();
});
