// What is refused before any route is looked at.
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { checkOrigin, isLocal, isOwnOrigin, readTarget, stripSteering } from "./gate.ts";
import { Refusal } from "./limits.ts";

const PUBLIC = "https://console.example";

function request(method: string, headers: Record<string, string | undefined>, peer = "127.0.0.1"): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: peer });
  const req = new IncomingMessage(socket);
  req.method = method;
  Object.assign(req.headers, headers);
  return req;
}

test.each([
  { name: "the public address", origin: "https://console.example", host: "console.example", want: true },
  {
    name: "the public address, Host changed by a proxy",
    origin: "https://console.example",
    host: "127.0.0.1:7080",
    want: true,
  },
  { name: "the address itself, past the proxy", origin: "http://127.0.0.1:7080", host: "127.0.0.1:7080", want: true },
  { name: "IPv6", origin: "http://[::1]:7080", host: "[::1]:7080", want: true },
  { name: "this machine by name", origin: "http://localhost:7080", host: "localhost:7080", want: true },
  { name: "null (sandboxed frames, data: pages)", origin: "null", host: "console.example", want: false },
  { name: "no text at all", origin: "", host: "console.example", want: false },
  { name: "another site", origin: "https://evil.example", host: "console.example", want: false },
  { name: "plain http of the same name", origin: "http://console.example", host: "console.example", want: false },
  { name: "another port", origin: "http://127.0.0.1:9999", host: "127.0.0.1:7080", want: false },
  { name: "a name that was rebound to us", origin: "http://evil.example:7080", host: "evil.example:7080", want: false },
  {
    name: "a name that begins alike",
    origin: "https://console.example.evil.org",
    host: "console.example",
    want: false,
  },
  {
    name: "two origins in one header",
    origin: "https://console.example, https://evil.example",
    host: "console.example",
    want: false,
  },
  { name: "an extension", origin: "chrome-extension://abcdef", host: "console.example", want: false },
])("isOwnOrigin: $name", ({ origin, host, want }) => {
  expect(isOwnOrigin(origin, host, PUBLIC)).toBe(want);
});

const own = "https://console.example";
test.each([
  {
    name: "our own page changes something",
    method: "POST",
    headers: { origin: own, cookie: "s=1" },
    isPage: false,
    ok: true,
  },
  { name: "a tool with a token", method: "POST", headers: {}, isPage: false, ok: true },
  { name: "a cookie without origin", method: "POST", headers: { cookie: "s=1" }, isPage: false, ok: false },
  {
    name: "a browser that hides its origin",
    method: "POST",
    headers: { "sec-fetch-site": "same-origin" },
    isPage: false,
    ok: false,
  },
  {
    name: "a form of another site",
    method: "POST",
    headers: { origin: "https://evil.example" },
    isPage: false,
    ok: false,
  },
  { name: "a sandboxed frame", method: "POST", headers: { origin: "null" }, isPage: false, ok: false },
  {
    name: "a subdomain",
    method: "POST",
    headers: { origin: own, "sec-fetch-site": "same-site" },
    isPage: false,
    ok: false,
  },
  {
    name: "our own page reads",
    method: "GET",
    headers: { cookie: "s=1", "sec-fetch-site": "same-origin" },
    isPage: false,
    ok: true,
  },
  { name: "another site reads", method: "GET", headers: { "sec-fetch-site": "cross-site" }, isPage: false, ok: false },
  {
    name: "another site reads, with CORS",
    method: "GET",
    headers: { origin: "https://evil.example" },
    isPage: false,
    ok: false,
  },
  {
    name: "a link from elsewhere to a page",
    method: "GET",
    headers: { "sec-fetch-site": "cross-site" },
    isPage: true,
    ok: true,
  },
])("checkOrigin: $name", ({ method, headers, isPage, ok }) => {
  const check = (): void => checkOrigin(request(method, { host: "console.example", ...headers }), PUBLIC, isPage);
  if (ok) expect(check).not.toThrow();
  else expect(check).toThrow(Refusal);
});

test.each([
  "http://evil.example/",
  "*",
  "",
  "//evil.example/x",
  "/a//b",
  "/a\\b",
  "/..",
  "/a/../b",
  "/a/./b",
  "/%2e%2e/secret",
  "/a%2fb",
  "/a%5Cb",
  "/a%00b",
  "/a%",
  "/a%zz",
  "/%ff",
  "/a\tb",
  "/é",
  `/${"a".repeat(16_384)}`,
  "/nodes/x?nxtPnode=y",
  "/nodes/x?nxtInode=y",
  "/?__nextLocale=zh",
  "/?__nextDataReq=1",
  `/api/trpc/a?input=${"[".repeat(33)}`,
  `/api/trpc/a?input=${encodeURIComponent('{"a":'.repeat(33))}`,
  `/api/trpc/a?input=1&input=${"[".repeat(33)}`,
])("readTarget refuses %j", (target) => {
  expect(() => readTarget(target)).toThrow(Refusal);
});

test.each([
  "/",
  "/nodes/lab-1?tab=facts&fact=version",
  "/api/trpc/a.b,c.d?batch=1&input=%7B%220%22%3A%7B%7D%7D",
  "/nodes?_rsc=1a2b",
  "/nodes?q=%2F..%00",
])("readTarget reads %j", (target) => {
  expect(readTarget(target).path).toBe(target.split("?")[0]);
});

test("nobody else steers Next, better-auth or a proxy", () => {
  const stays = {
    accept: "*/*",
    cookie: "a=b",
    rsc: "1",
    "next-router-prefetch": "1",
    authorization: "Bearer x",
    "x-forwarded-for": "1.2.3.4",
  };
  const headers: Record<string, string> = {
    ...stays,
    "x-middleware-subrequest": "middleware:middleware",
    "x-middleware-rewrite": "http://evil/",
    "x-middleware-next": "1",
    "x-middleware-set-cookie": "a",
    "x-invoke-path": "/admin",
    "x-invoke-status": "200",
    "x-nextjs-data": "1",
    "x-nextjs-rewrite": "/x",
    "x-next-cache-tags": "x",
    "x-matched-path": "/x",
    "x-now-route-matches": "1=x",
    "x-vercel-id": "x",
    "next-action": "0123",
    "x-nonce": "mine",
    "content-security-policy": "script-src *",
    "x-forwarded-host": "evil",
    "x-forwarded-proto": "https",
    "x-original-url": "/x",
    "x-prerender-revalidate": "x",
  };
  stripSteering(headers);
  expect(headers).toEqual(stays);
});

test.each([
  { name: "this machine", headers: { host: "127.0.0.1:7080" }, peer: "127.0.0.1", want: true },
  { name: "another machine", headers: { host: "127.0.0.1:7080" }, peer: "192.0.2.1", want: false },
  {
    name: "through a proxy",
    headers: { host: "127.0.0.1:7080", "x-forwarded-for": "1.2.3.4" },
    peer: "127.0.0.1",
    want: false,
  },
  {
    name: "a page elsewhere whose name points here",
    headers: { host: "evil.example:7080" },
    peer: "127.0.0.1",
    want: false,
  },
])("isLocal: $name", ({ headers, peer, want }) => {
  expect(isLocal(request("GET", headers, peer))).toBe(want);
});
