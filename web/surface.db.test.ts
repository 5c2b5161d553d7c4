// The web process's real table, gate, API, sign-in and event stream over a real database: what an attacker sends, and what comes back.
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "better-auth/node";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { actorOf } from "../server/accounts/actor.ts";
import { createAuth } from "../server/accounts/auth.ts";
import { createToken } from "../server/accounts/tokens.ts";
import { createEventStream, type EventStream } from "../server/api/events.ts";
import { createTrpcHandler } from "../server/api/handler.ts";
import { appRouter } from "../server/api/root.ts";
import { type Permission, permissions } from "../server/core/access.ts";
import { createLogger } from "../server/core/log.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { contextOf } from "../testing/fleet.ts";
import { ROUTES } from "./routes.ts";
import { createWebServer, plain } from "./server.ts";
import { type Answer, ask, type Question } from "./testing/ask.ts";

let database: TestDatabase;
let events: EventStream;
let server: Server;
let port: number;
let admin: string;
const json = { "content-type": "application/json" };
const procedures = Object.entries(
  appRouter._def.procedures as unknown as Record<string, { _def: { type: "query" | "mutation" } }>,
);

beforeAll(async () => {
  database = await testDatabase();
  const { prisma } = database;
  const publicUrl = "https://console.example";
  const auth = createAuth({ prisma, secret: "a-secret-only-for-this-test-0123456789", publicUrl });
  const now = (): Date => new Date();
  events = createEventStream(database.url);
  const trpc = createTrpcHandler({ prisma, auth, log: createLogger("test", "silent"), now });
  const authHandler = toNodeHandler(auth);
  const whoIs = (req: IncomingMessage) => actorOf(req, { prisma, auth, now: now() });
  server = createWebServer({
    publicUrl,
    isSignedIn: async (req) => (await whoIs(req)).kind !== "anonymous",
    onError: () => undefined,
    handlers: {
      health: (_req, res) => plain(res, 200, "ok"),
      ready: (_req, res) => plain(res, 200, "ready"),
      metrics: (_req, res) => plain(res, 200, "metrics"),
      api: (req, res, body) => void trpc(req.method === "POST" ? Object.assign(req, { body }) : req, res),
      auth: (req, res, body) => authHandler(body ? Object.assign(req, { body }) : req, res),
      events: (req, res) => events.handle(req, res, () => actorOf(req, { prisma, auth, now: now() })),
      pages: (_req, res) => plain(res, 200, "page"),
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
  const scopes = Object.keys(permissions) as Permission[];
  admin = (await createToken.call(contextOf(prisma, "admin"), { name: "admin", role: "admin", scopes })).token;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await events.close();
  await database.drop();
});

const asAdmin = (): Record<string, string> => ({ ...json, authorization: `Bearer ${admin}` });
const call = (
  path: string,
  type: "query" | "mutation",
  headers: Record<string, string>,
  body = '{"json":{}}',
): Promise<Answer> =>
  type === "query"
    ? ask(port, { path: `/api/trpc/${path}?input=${encodeURIComponent(body)}`, headers })
    : ask(port, { method: "POST", path: `/api/trpc/${path}`, headers, body });

/** What no answer may hold: frames of a stack, paths of ours, statements, names of the database's client. */
const INSIDE = /\n\s+at |node_modules|\.ts:\d|file:\/\/|prisma|SELECT |INSERT |relation "|postgres/i;

test("every procedure and every listed route refuses who has not signed in", async () => {
  expect(procedures.length).toBeGreaterThan(25);
  for (const [path, { _def }] of procedures) {
    const answer = await call(path, _def.type, json);
    expect(answer.status, path).toBe(401);
    expect(answer.text).not.toMatch(INSIDE);
  }
  for (const route of ROUTES.filter(({ access }) => access === "signed-in"))
    expect((await ask(port, { path: route.path })).status, route.path).toBe(401);
});

test("no header opens what is closed: each answer is the one without it", async () => {
  const tricks: Record<string, string>[] = [
    { "x-middleware-subrequest": "middleware:middleware:middleware:middleware:middleware" },
    { "x-middleware-rewrite": "/api/trpc/nodes.list" },
    { "x-invoke-path": "/nodes", "x-invoke-query": "%7B%7D" },
    { "x-forwarded-host": "127.0.0.1", "x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1" },
    { "x-original-url": "/healthz", "x-rewrite-url": "/healthz" },
    { rsc: "1", "next-router-state-tree": "%5B%22%22%5D", "next-url": "/nodes" },
    { authorization: "Bearer ", cookie: "better-auth.session_token=x.y" },
    { authorization: `Basic ${Buffer.from("admin:admin").toString("base64")}` },
  ];
  for (const trick of tricks) {
    const label = Object.keys(trick).join();
    expect((await ask(port, { path: "/api/trpc/nodes.list", headers: trick })).status, label).toBe(401);
    expect((await ask(port, { path: "/events", headers: trick })).status, label).toBe(401);
  }
});

const names = fc.oneof(
  fc.constantFrom(
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "_def",
    "createCaller",
    "then",
    "_prep_auth_info",
  ),
  fc.constantFrom(...procedures.map(([path]) => path)).map((path) => `${path}.call`),
  fc.constantFrom(...procedures.map(([path]) => path)).map((path) => `_def.procedures.${path}`),
  fc.constantFrom(...procedures.map(([path]) => path)).map((path) => path.replace(".", "/")),
  fc.constantFrom(...procedures.map(([path]) => path)).map((path) => path.toUpperCase()),
  fc
    .array(fc.constantFrom("nodes", "__proto__", "list", "constructor", "", "0", "_def", "query"), {
      minLength: 1,
      maxLength: 4,
    })
    .map((parts) => parts.join(".")),
  fc.string({ minLength: 1, maxLength: 20 }).map(encodeURIComponent),
);
const known = new Set(procedures.map(([path]) => path));

test("no method hides behind another name, even for an admin", async () => {
  await fc.assert(
    fc.asyncProperty(
      names.filter((name) => !known.has(name) && !name.includes(",")),
      fc.constantFrom("query", "mutation"),
      async (name, type) => {
        const { status, text } = await call(name, type as "query" | "mutation", asAdmin());
        expect([400, 404, 405], `${name}: ${status}`).toContain(status);
        expect(text).not.toMatch(INSIDE);
      },
    ),
    { numRuns: 300 },
  );
});

test("a mutation cannot be asked by a read, which other sites could make", async () => {
  for (const [path] of procedures.filter(([, { _def }]) => _def.type === "mutation"))
    expect((await call(path, "query", asAdmin())).status, path).toBe(405);
});

test("wrong input of any shape is refused in words that tell nothing of the inside", async () => {
  const before = Object.keys(Object.prototype).length;
  const inputs = [
    '{"json":null}',
    '{"json":[]}',
    '{"json":"x\\u0000y"}',
    '{"json":{"id":"\' OR 1=1 --","node":"\\u0000","page":-1,"pageSize":100000,"search":"%_\\\\","limit":1e9}}',
    '{"json":{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}}',
    '{"json":{"a":1},"meta":{"values":{"__proto__.polluted":["Date"],"constructor.prototype.polluted":["Date"]}}}',
    '{"json":{"a":"("},"meta":{"values":{"a":["regexp"]}}}',
    "not json",
    '{"json":',
  ];
  for (const [path, { _def }] of procedures.filter(([path]) => !/freeze|signOut|remove/i.test(path)))
    for (const input of inputs) {
      const { status, text } = await call(path, _def.type, asAdmin(), input);
      // Articles quote what programs print, paths and all.
      if (status !== 200 || path !== "knowledge.export") expect(text, `${path} ${input}`).not.toMatch(INSIDE);
      expect(status, `${path} ${input} ${text}`).not.toBe(500);
    }
  expect(Object.keys(Object.prototype).length).toBe(before);
  expect("polluted" in {}).toBe(false);
});

test("pages of lists and batches have an end", async () => {
  const page = encodeURIComponent('{"json":{"pageSize":201}}');
  for (const path of ["nodes.list", "findings.list", "containers.list", "repairs.list", "audit.list"])
    expect((await ask(port, { path: `/api/trpc/${path}?input=${page}`, headers: asAdmin() })).status, path).toBe(400);
  const batch = (count: number): Question => ({
    path: `/api/trpc/${Array(count).fill("nodes.list").join()}?batch=1&input=${encodeURIComponent(JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [i, { json: {} }]))))}`,
    headers: asAdmin(),
  });
  expect((await ask(port, batch(21))).status).toBe(400);
  expect((await ask(port, batch(20))).status).toBe(200);
});

test("sign-in tells strangers nothing, takes no other site's form and no other way in", async () => {
  const path = "/api/auth/sign-in/email";
  const body = '{"email":"admin@nodeops.local","password":"wrong password"}';
  const own = { ...json, origin: "https://console.example" };
  const answer = await ask(port, { method: "POST", path, headers: own, body });
  expect(answer.status).toBe(401);
  expect(answer.text).not.toMatch(INSIDE);
  expect((await ask(port, { method: "POST", path, headers: { ...json, origin: "null" }, body })).status).toBe(403);
  expect(
    (await ask(port, { method: "POST", path, headers: { ...own, "content-type": "text/plain" }, body })).status,
  ).toBe(415);
  for (const other of [
    "sign-up/email",
    "update-user",
    "delete-user",
    "change-email",
    "link-social",
    "get-session",
    "ok",
    "error",
  ])
    expect((await ask(port, { method: "POST", path: `/api/auth/${other}`, headers: own, body })).status, other).toBe(
      404,
    );
});
