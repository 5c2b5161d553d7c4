// The gate on a real server: what gets through to a handler, and what never does. Handlers here only say that they were reached.

import type { Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { LIMITS } from "./limits.ts";
import { createWebServer, type Handler, plain, type WebServerOptions } from "./server.ts";
import { ask, say } from "./testing/ask.ts";

let server: Server;
let port: number;
let reached: { target: string; headers: NodeJS.Dict<string | string[]>; body: string }[] = [];
const json = { "content-type": "application/json" };

const reach =
  (target: string): Handler =>
  (req, res, body) => {
    reached.push({ target, headers: { ...req.headers }, body });
    if (req.url === "/api/trpc/boom") throw new Error("SELECT secret FROM table at /srv/app/file.ts:1");
    plain(res, 200, target);
  };

function makeServer(times?: WebServerOptions["times"]): Server {
  return createWebServer({
    publicUrl: "https://console.example",
    isSignedIn: async (req) => req.headers.authorization === "Bearer good",
    onError: () => undefined,
    handlers: {
      health: reach("health"),
      ready: reach("ready"),
      metrics: reach("metrics"),
      api: reach("api"),
      auth: reach("auth"),
      events: reach("events"),
      pages: reach("pages"),
    },
    times,
  });
}

async function listen(one: Server): Promise<number> {
  await new Promise<void>((resolve) => one.listen(0, "127.0.0.1", resolve));
  return (one.address() as AddressInfo).port;
}

beforeAll(async () => {
  server = makeServer();
  port = await listen(server);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  reached = [];
});

test.each([
  { name: "a page", path: "/nodes", target: "pages" },
  { name: "health", path: "/healthz", target: "health" },
  { name: "a read of the API", path: "/api/trpc/a.b?input=%7B%7D", target: "api" },
  { name: "metrics from this machine", path: "/metrics", target: "metrics" },
])("$name is reached", async ({ path, target }) => {
  expect(await ask(port, { path })).toMatchObject({ status: 200, text: target });
});

test("a change of the API gets its body as it was sent", async () => {
  const body = '{"json":{"name":"節點"}}';
  expect(await ask(port, { method: "POST", path: "/api/trpc/a.b", headers: json, body })).toMatchObject({
    status: 200,
  });
  expect(reached[0]?.body).toBe(body);
});

test.each([
  { name: "events without a session", path: "/events", headers: {}, status: 401 },
  { name: "events with one", path: "/events", headers: { authorization: "Bearer good" }, status: 200 },
  { name: "metrics through a proxy", path: "/metrics", headers: { "x-forwarded-for": "1.2.3.4" }, status: 401 },
  { name: "metrics by a name that somebody chose", path: "/metrics", headers: { host: "evil.example" }, status: 401 },
  {
    name: "metrics through a proxy with a token",
    path: "/metrics",
    headers: { "x-forwarded-for": "1.2.3.4", authorization: "Bearer good" },
    status: 200,
  },
])("$name: $status", async ({ path, headers, status }) => {
  expect((await ask(port, { path, headers })).status).toBe(status);
  expect(reached.length).toBe(status === 200 ? 1 : 0);
});

const POST = { method: "POST", path: "/api/trpc/a.b", body: "{}" };
const flight = '--x\r\nContent-Disposition: form-data; name="0"\r\n\r\n{"then":"$1:__proto__:then"}\r\n--x--\r\n';
test.each([
  { name: "a null origin", question: { ...POST, headers: { ...json, origin: "null" } }, status: 403 },
  { name: "another site", question: { ...POST, headers: { ...json, origin: "https://evil.example" } }, status: 403 },
  { name: "a cookie without origin", question: { ...POST, headers: { ...json, cookie: "s=1" } }, status: 403 },
  {
    name: "two origins",
    question: { ...POST, headers: { ...json, origin: ["https://console.example", "null"] } },
    status: 403,
  },
  {
    name: "a cross-site read",
    question: { path: "/api/trpc/a.b", headers: { "sec-fetch-site": "cross-site" } },
    status: 403,
  },
  {
    name: "a cross-site stream",
    question: { path: "/events", headers: { "sec-fetch-site": "cross-site", authorization: "Bearer good" } },
    status: 403,
  },
  {
    name: "a null origin at sign-in",
    question: { ...POST, path: "/api/auth/sign-in/email", headers: { ...json, origin: "null" } },
    status: 403,
  },
  { name: "text/plain", question: { ...POST, headers: { "content-type": "text/plain" } }, status: 415 },
  {
    name: "a form",
    question: { ...POST, headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=1" },
    status: 415,
  },
  {
    name: "an empty form",
    question: {
      ...POST,
      path: "/api/auth/sign-out",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "",
    },
    status: 415,
  },
  { name: "no type at all", question: POST, status: 415 },
  {
    name: "almost the right type",
    question: { ...POST, headers: { "content-type": "application/jsonp" } },
    status: 415,
  },
  {
    name: "method override",
    question: { ...POST, headers: { ...json, "x-http-method-override": "DELETE" } },
    status: 400,
  },
  { name: "method override of a read", question: { path: "/", headers: { "x-method-override": "POST" } }, status: 400 },
  {
    name: "a read with a body",
    question: { path: "/api/trpc/a.b", headers: { ...json, "content-length": "2" }, body: "{}" },
    status: 400,
  },
  {
    name: "a server action",
    question: {
      method: "POST",
      path: "/",
      headers: { "next-action": "7f", "content-type": "multipart/form-data; boundary=x" },
      body: flight,
    },
    status: 405,
  },
  {
    name: "a server action below a page",
    question: {
      method: "POST",
      path: "/nodes/x",
      headers: { "next-action": "7f", "content-type": "text/plain;charset=UTF-8" },
      body: '["$F1"]',
    },
    status: 405,
  },
  { name: "PUT", question: { method: "PUT", path: "/api/trpc/a.b", headers: json, body: "{}" }, status: 405 },
  {
    name: "preflight of another site",
    question: {
      method: "OPTIONS",
      path: "/api/trpc/a.b",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    },
    status: 405,
  },
  { name: "WebDAV", question: { method: "PROPFIND", path: "/" }, status: 405 },
  {
    name: "the image optimiser",
    question: { path: "/_next/image?url=http%3A%2F%2F169.254.169.254%2F&w=64&q=1" },
    status: 404,
  },
  { name: "an unknown interface", question: { path: "/api/internal" }, status: 404 },
  { name: "a doubled slash", question: { path: "//evil.example/" }, status: 400 },
  { name: "an absolute target", question: { path: "http://169.254.169.254/latest" }, status: 400 },
  { name: "an encoded way up", question: { path: "/%2e%2e/%2e%2e/etc/passwd" }, status: 400 },
  { name: "route parameters from outside", question: { path: "/nodes/a?nxtPnode=b" }, status: 400 },
  { name: "a long address", question: { path: `/nodes?q=${"a".repeat(17_000)}` }, status: 414 },
  {
    name: "many headers",
    question: { path: "/", headers: Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`x-${i}`, "1"])) },
    status: 431,
  },
  { name: "large headers", question: { path: "/", headers: { cookie: "a".repeat(40_000) } }, status: 431 },
  { name: "a deep body", question: { ...POST, headers: json, body: "[".repeat(50_000) }, status: 400 },
  { name: "a deep input", question: { path: `/api/trpc/a?input=${"[".repeat(40)}` }, status: 400 },
  { name: "a large body", question: { ...POST, headers: json, body: `"${"a".repeat(1_048_576)}"` }, status: 413 },
  {
    name: "a large body at sign-in",
    question: { ...POST, path: "/api/auth/sign-in/email", headers: json, body: `"${"a".repeat(1_048_576)}"` },
    status: 413,
  },
  {
    name: "a body that hides its size",
    question: { ...POST, headers: { ...json, "transfer-encoding": "chunked" }, body: `"${"a".repeat(1_048_576)}"` },
    status: 413,
  },
  {
    name: "a compressed bomb",
    question: { ...POST, headers: { ...json, "content-encoding": "gzip" }, body: gzipSync(Buffer.alloc(1_000_000)) },
    status: 415,
  },
  {
    name: "bytes that are no text",
    question: { ...POST, headers: json, body: Buffer.from([0x22, 0xff, 0xfe, 0x22]) },
    status: 400,
  },
])("$name: $status", async ({ question, status }) => {
  const answer = await ask(port, question);
  expect(answer.status).toBe(status);
  expect(reached).toEqual([]);
  expect(answer.text).not.toMatch(/\bat \/|node_modules|Error:|SELECT/);
});

test("every answer, refusals too, has the security headers and none for other origins", async () => {
  for (const path of ["/", "/healthz", "/api/nothing", "//x", "/api/trpc/boom"]) {
    const { headers } = await ask(port, { path, headers: { origin: "null" } });
    expect(headers["content-security-policy"], path).toMatch(/style-src 'self' 'nonce-/);
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["strict-transport-security"]).toBe("max-age=31536000");
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  }
});

test("answers with data are kept by nobody", async () => {
  for (const path of ["/api/trpc/a.b", "/metrics", "/healthz"])
    expect((await ask(port, { path })).headers["cache-control"], path).toBe("no-store");
});

test("one address cannot take all connections; others still get in", async () => {
  const patient = makeServer();
  const to = await listen(patient);
  const open = (localAddress: string): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: to, host: "127.0.0.1", localAddress }, () => resolve(socket));
      socket.once("error", reject);
    });
  const answerOn = (socket: Socket): Promise<string> =>
    new Promise((resolve) => {
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        text += chunk;
      });
      socket.once("error", () => resolve(text)); // cut off
      socket.once("close", () => resolve(text));
      socket.write("GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    });
  const held = await Promise.all(Array.from({ length: LIMITS.connectionsPerAddress }, () => open("127.0.0.2")));
  expect(await answerOn(await open("127.0.0.2"))).toBe("");
  expect(await answerOn(await open("127.0.0.3"))).toMatch(/^HTTP\/1\.1 200 /);
  for (const socket of held) socket.destroy();
  patient.closeAllConnections();
  patient.close();
});

test("an error of ours says nothing of its inside", async () => {
  expect(await ask(port, { path: "/api/trpc/boom" })).toMatchObject({
    status: 500,
    text: "something went wrong on our side\n",
  });
});

test("headers that would steer Next do not arrive; the address is ours", async () => {
  const headers = {
    "x-middleware-subrequest": "src/middleware:nowaf:src/middleware",
    "x-middleware-rewrite": "http://169.254.169.254/",
    "x-invoke-path": "/admin",
    "x-nextjs-data": "1",
    "x-forwarded-host": "evil.example",
    "x-forwarded-for": "6.6.6.6, 198.51.100.7",
    "x-nonce": "mine",
  };
  await ask(port, { path: "/nodes", headers });
  const arrived = reached[0]?.headers ?? {};
  expect(Object.keys(arrived).filter((name) => /middleware|invoke|nextjs|forwarded-host/.test(name))).toEqual([]);
  expect(arrived["x-nonce"]).not.toBe("mine");
  expect(arrived["x-forwarded-for"]).toBe("198.51.100.7");
});

test("an upgrade is an ordinary request", async () => {
  const answer = await ask(port, {
    path: "/_next/webpack-hmr",
    headers: { connection: "Upgrade", upgrade: "websocket" },
  });
  expect(answer.status).toBe(404);
});

test.each([
  { name: "headers that never end", bytes: "GET / HTTP/1.1\r\nhost: a\r\nx-slow: " },
  {
    name: "a body that never comes",
    bytes: "POST /api/trpc/a HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
  },
])("a slow sender is cut off: $name", async ({ bytes }) => {
  const hasty = makeServer({ headersMs: 300, requestMs: 300, checkMs: 50 });
  expect(await say(await listen(hasty), bytes)).toMatch(/^HTTP\/1\.1 408 /);
  expect(reached).toEqual([]);
  hasty.close();
});

test.each([
  {
    name: "two lengths",
    bytes: "POST /api/trpc/a HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
  },
  {
    name: "length and chunks",
    bytes: "POST /api/trpc/a HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  },
  { name: "a folded header", bytes: "GET / HTTP/1.1\r\nhost: a\r\nx: a\r\n\tb\r\nx: \0\r\n\r\n" },
  { name: "no host", bytes: "GET / HTTP/1.1\r\nconnection: close\r\n\r\n" },
  { name: "no HTTP at all", bytes: "\x16\x03\x01\x02\0\r\n\r\n" },
])("requests that two servers could read differently are refused: $name", async ({ bytes }) => {
  expect(await say(port, bytes)).toMatch(/^HTTP\/1\.1 400 /);
  expect(reached).toEqual([]);
});
