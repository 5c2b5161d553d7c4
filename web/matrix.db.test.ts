// Every route of the web process × every method × who calls, against a second list of who may: a route that is not in it fails.
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../testing/api.ts";
import { makeCallers } from "../testing/callers.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { type Access, ROUTES } from "./routes.ts";
import { createWebServer, type Handler, plain } from "./server.ts";
import { ask } from "./testing/ask.ts";

/** Path → method → who gets to the handler. Written down a second time on purpose. */
const declared: Record<string, Partial<Record<string, Access>>> = {
  "/healthz": { GET: "public", HEAD: "public" },
  "/readyz": { GET: "public", HEAD: "public" },
  "/metrics": { GET: "local-or-signed-in", HEAD: "local-or-signed-in" },
  "/events": { GET: "signed-in" },
  "/api/trpc/*": { GET: "verb", POST: "verb" },
  "/api/auth/sign-in/email": { POST: "sign-in" },
  "/api/auth/sign-in/social": { POST: "sign-in" },
  "/api/auth/sign-in/break-glass": { POST: "sign-in" },
  "/api/auth/callback/oidc": { GET: "sign-in" },
  "/api/auth/two-factor/verify-totp": { POST: "sign-in" },
  "/api/auth/two-factor/verify-backup-code": { POST: "sign-in" },
  "/api/auth/sign-out": { POST: "sign-in" },
  "/_next/static/*": { GET: "public", HEAD: "public" },
  "/*": { GET: "public", HEAD: "public" },
};
/** Nothing lies there, though it looks like it. */
const absent = [
  "/api",
  "/api/auth/sign-up/email",
  "/api/auth/update-user",
  "/api/auth/delete-user",
  "/api/auth/list-sessions",
  "/api/auth/get-session",
  "/api/auth/two-factor/disable",
  "/api/trpc",
  "/api/debug",
  "/events/all",
  "/metrics/x",
  "/_next/image",
  "/_next/data/x.json",
  "/__nextjs_original-stack-frames",
];
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"];

let db: TestDatabase;
let api: TestApi;
let server: ReturnType<typeof createWebServer>;
let port: number;
let cells = 0;

beforeAll(async () => {
  db = await testDatabase();
  api = await startApi(db, new Date());
  const reached: Handler = (_req, res) => plain(res, 200, "reached");
  const handlers = { health: reached, ready: reached, metrics: reached, api: reached, auth: reached, events: reached };
  server = createWebServer({
    publicUrl: "https://console.example",
    handlers: { ...handlers, pages: reached },
    isSignedIn: async (req) => (await api.whoIs(req)).kind !== "anonymous",
    onError: () => undefined,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(async () => {
  console.log(`matrix: ${cells} cells (routes of the web process)`);
  server.closeAllConnections();
  server.close();
  await api.close();
  await db.drop();
});

test("the table of routes is the declared one", () => {
  const table: typeof declared = {};
  for (const { path, access, methods: own } of ROUTES)
    table[path] = { ...table[path], ...Object.fromEntries(own.map((method) => [method, access])) };
  expect(table).toEqual(declared);
});

test("each route lets in exactly whom it should, by no other method", { timeout: 120_000 }, async () => {
  const wrong: string[] = [];
  // Routes know who has signed in, not what for: parts of the fleet make no difference here.
  const callers = makeCallers(api).filter(({ name }) => !/own pool|scope/.test(name));
  for (const { name, model, sign } of callers) {
    const { headers } = await sign();
    for (const isLocal of [true, false]) {
      // Through a proxy: not from this machine itself, whatever the address of the connection.
      const from = isLocal ? {} : { "x-forwarded-for": "203.0.113.7" };
      const origin = { origin: "https://console.example", "content-type": "application/json" };
      for (const path of [...Object.keys(declared), ...absent]) {
        for (const method of methods) {
          const access = declared[path]?.[method];
          if (!isLocal && access !== "local-or-signed-in" && access !== "signed-in") continue;
          cells += 1;
          const isIn = model.kind !== "anonymous" || (access === "local-or-signed-in" && isLocal);
          const needsSignIn = access === "signed-in" || access === "local-or-signed-in";
          const expected = !access ? "absent" : needsSignIn && !isIn ? "401" : "reached";
          const isRead = method === "GET" || method === "HEAD";
          const answer = await ask(port, {
            method,
            path: path.replace("*", "some-thing"),
            headers: { ...headers, ...from, ...origin },
            ...(isRead ? {} : { body: "{}" }),
          });
          const isReached = answer.status === 200;
          const seen = isReached ? "reached" : [400, 404, 405].includes(answer.status) ? "absent" : `${answer.status}`;
          if (seen !== expected) wrong.push(`${name}: ${method} ${path}: ${seen} instead of ${expected}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});
