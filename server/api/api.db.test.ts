import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode, contextOf } from "../../testing/fleet.ts";
import { createAuth } from "../accounts/auth.ts";
import { createToken } from "../accounts/tokens.ts";
import { publishChanges } from "../core/changes.ts";
import { createLogger } from "../core/log.ts";
import { setMaintenance } from "../nodes/set-maintenance.ts";
import { createEventStream, type EventStream } from "./events.ts";
import { createTrpcHandler } from "./handler.ts";
import { type AppRouter, appRouter } from "./root.ts";

let database: TestDatabase;
let server: Server;
let events: EventStream;
let base: string;
const tokens = new Map<string, string>();
const procedures = Object.entries(
  appRouter._def.procedures as unknown as Record<string, { _def: { type: "query" | "mutation" } }>,
);

beforeAll(async () => {
  database = await testDatabase();
  const { prisma } = database;
  const auth = createAuth({ prisma, secret: "a-secret-only-for-this-test-0123456789", publicUrl: "http://127.0.0.1" });
  events = createEventStream(database.url);
  const trpc = createTrpcHandler({ prisma, auth, log: createLogger("test", "error"), now: () => new Date() });
  server = createServer((req, res) =>
    req.url === "/events" ? events.handle(req, res, async () => true) : trpc(req, res),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const role of ["viewer", "operator", "admin"] as const) {
    tokens.set(role, (await createToken.call(contextOf(prisma, "admin"), { name: role, role })).token);
  }
});
afterAll(async () => {
  await events.close();
  server.closeAllConnections();
  server.close();
  await database.drop();
});

function client(role?: string) {
  const headers = role ? { authorization: `Bearer ${tokens.get(role)}` } : {};
  return createTRPCClient<AppRouter>({
    links: [httpLink({ url: `${base}/api/trpc`, transformer: superjson, headers })],
  });
}

async function raw(path: string, type: "query" | "mutation", role?: string): Promise<number> {
  const headers: Record<string, string> = {
    "content-type": "application/json",
    ...(role ? { authorization: `Bearer ${tokens.get(role)}` } : {}),
  };
  const response = await fetch(
    `${base}/api/trpc/${path}`,
    type === "query" ? { headers } : { method: "POST", headers, body: "{}" },
  );
  await response.text();
  return response.status;
}

test("there are procedures to test", () => expect(procedures.length).toBeGreaterThan(25));

test.each(procedures)("%s refuses who has not signed in", async (path, procedure) => {
  expect(await raw(path, procedure._def.type)).toBe(401);
});

test.each(procedures.filter(([path, p]) => p._def.type === "mutation" && path !== "accounts.setLocale"))(
  "%s refuses a viewer and records it",
  async (path) => {
    const before = await database.prisma.auditEvent.count({ where: { outcome: "denied" } });
    expect(await raw(path, "mutation", "viewer")).toBe(403);
    expect(await database.prisma.auditEvent.count({ where: { outcome: "denied" } })).toBe(before + 1);
  },
);

test.each(["__proto__", "nodes.__proto__", "constructor", "nodes.list.call", "nodes", ""])(
  "no procedure hides behind %j",
  async (path) => {
    expect(await raw(path, "query", "admin")).toBe(404);
  },
);

test("a call brings dates back as dates, and an error a request id without inner text", async () => {
  await addNode(database.prisma, { name: "n1", state: "healthy" });
  const { rows } = await client("viewer").nodes.list.query({});
  expect(rows[0]?.stateSince).toBeInstanceOf(Date);
  const err = await client("viewer")
    .nodes.get.query({ node: "nope" })
    .catch((e: unknown) => e);
  expect(err).toBeInstanceOf(TRPCClientError);
  if (!(err instanceof TRPCClientError)) return;
  expect(err.message).toBe('There is no node "nope".');
  expect(err.data.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(JSON.stringify(err.data)).not.toContain("stack");
});

test("a mutation leaves exactly one audit row in its transaction; a failed one leaves none", async () => {
  const id = await addNode(database.prisma, { name: "n2", state: "healthy" });
  await client("operator").nodes.setMaintenance.mutate({ node: "n2", on: true, reason: "disk swap" });
  expect(
    await database.prisma.auditEvent.findMany({
      where: { nodeId: id },
      select: { action: true, outcome: true, actorName: true },
    }),
  ).toEqual([{ action: "nodes.setMaintenance", outcome: "done", actorName: "operator" }]);
  const before = await database.prisma.auditEvent.count();
  await expect(
    setMaintenance.call(contextOf(database.prisma, "operator"), { node: "nope", on: true }),
  ).rejects.toMatchObject({ code: "not_found" });
  expect(await database.prisma.auditEvent.count()).toBe(before);
});

test("a change reaches an open event stream as a hint without data", async () => {
  const response = await fetch(`${base}/events`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const readUntil = async (needle: string): Promise<void> => {
    while (!text.includes(needle)) {
      const chunk = await reader?.read();
      if (!chunk || chunk.done) throw new Error(`stream ended before ${needle}`);
      text += chunk.value;
    }
  };
  await readUntil('"hello"');
  await publishChanges(database.prisma, [
    { domain: "repairs", ids: ["a"] },
    { domain: "repairs", ids: ["b"] },
  ]);
  await readUntil('{"domain":"repairs","ids":["a","b"]}');
  await reader?.cancel();
});
