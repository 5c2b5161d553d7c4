// What a call is apart from who may make it (matrix.db.test.ts): types over the wire, errors, the audit trail, hints of changes.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../../testing/api.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode, contextOf, contextWith } from "../../testing/fleet.ts";
import type { Role } from "../core/access.ts";
import { publishChanges } from "../core/changes.ts";
import { type Actor, type Context, systemActor } from "../core/context.ts";
import { removeNode } from "../nodes/remove.ts";
import { setMaintenance } from "../nodes/set-maintenance.ts";
import { createEventStream, type EventStream } from "./events.ts";
import type { AppRouter } from "./root.ts";

let database: TestDatabase;
let api: TestApi;
let server: Server;
let events: EventStream;
let eventsUrl: string;
/** Whoever opens the event stream. */
let listener: Actor = systemActor("test");

beforeAll(async () => {
  database = await testDatabase();
  api = await startApi(database, new Date());
  events = createEventStream(database.url);
  server = createServer((req, res) => events.handle(req, res, async () => listener));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  eventsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await events.close();
  server.closeAllConnections();
  server.close();
  await api.close();
  await database.drop();
});

async function client(role: Role) {
  const { headers } = await api.addToken({ role });
  return createTRPCClient<AppRouter>({
    links: [
      httpLink({ url: api.base, transformer: superjson, headers: { ...headers, "x-forwarded-for": "203.0.113.7" } }),
    ],
  });
}

const columns = { action: true, outcome: true, entity: true, entityId: true, nodeId: true, after: true } as const;
/** Rows of the trail that `run` leaves; the error of `run` is the caller's business. */
async function trailOf(run: () => Promise<unknown>) {
  const { _max } = await database.prisma.auditEvent.aggregate({ _max: { seq: true } });
  await run().catch(() => undefined);
  return database.prisma.auditEvent.findMany({ where: { seq: { gt: _max.seq ?? 0 } }, select: columns });
}

test("a call brings dates back as dates, and an error a request id without inner text", async () => {
  await addNode(database.prisma, { name: "n1", state: "healthy" });
  const viewer = await client("viewer");
  const { rows } = await viewer.nodes.list.query({});
  expect(rows[0]?.stateSince).toBeInstanceOf(Date);
  const err = await viewer.nodes.get.query({ node: "nope" }).catch((e: unknown) => e);
  expect(err).toBeInstanceOf(TRPCClientError);
  if (!(err instanceof TRPCClientError)) return;
  expect(err.message).toBe('There is no node "nope".');
  expect(err.data.requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(JSON.stringify(err.data)).not.toContain("stack");
});

test("no cache keeps an answer", async () => {
  const { headers } = await api.addToken({ role: "viewer" });
  const answer = await fetch(`${api.base.replace(/\/$/, "")}/nodes.list?input=%7B%22json%22%3A%7B%7D%7D`, { headers });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toBe("no-store");
});

test("a mutation leaves exactly one audit row, with where it came from", async () => {
  const id = await addNode(database.prisma, { name: "n2", state: "healthy" });
  const operator = await client("operator");
  await operator.nodes.setMaintenance.mutate({ node: "n2", on: true, reason: "disk swap" });
  expect(
    await database.prisma.auditEvent.findMany({
      where: { nodeId: id },
      select: { action: true, outcome: true, actorName: true, address: true },
    }),
  ).toEqual([{ action: "nodes.setMaintenance", outcome: "done", actorName: "test token", address: "203.0.113.7" }]);
});

test("a refused mutation leaves a row of its own: what was asked for, and why not", async () => {
  const { prisma } = database;
  const operator = contextOf(prisma, "operator");
  const action = "nodes.setMaintenance";
  const maintain = (ctx: Context, node: string) => trailOf(() => setMaintenance.call(ctx, { node, on: true }));
  const reason = 'There is no node "nope".';
  expect(await maintain(operator, "nope")).toEqual([
    {
      action,
      outcome: "refused",
      entity: "node",
      entityId: "nope",
      nodeId: null,
      after: { code: "not_found", reason },
    },
  ]);
  const id = await addNode(prisma, { name: "busy", pool: "core" });
  await prisma.repair.create({
    data: {
      nodeId: id,
      repairId: "x",
      risk: "safe",
      plan: {},
      planHash: "",
      state: "queued",
      requestedBy: "x",
      createdAt: new Date(),
      activeKey: id,
    },
    select: { id: true },
  });
  expect(await trailOf(() => removeNode.call(operator, { node: "busy" }))).toMatchObject([
    { action: "nodes.remove", outcome: "refused", entity: "node", entityId: "busy", after: { code: "conflict" } },
  ]);
  // Outside of one's part: the caller is told what somebody is told who asks for nothing, the trail knows better.
  const elsewhere = contextWith(prisma, [{ role: "operator", selector: "pool=edge" }]);
  expect(await maintain(elsewhere, "busy")).toMatchObject([
    { outcome: "denied", entityId: "busy", after: { code: "not_found" } },
  ]);
  expect(await maintain(elsewhere, "nope")).toMatchObject([{ outcome: "refused", entityId: "nope" }]);
});

test("a denied mutation leaves a row; nobody's attempt and unreadable input leave none", async () => {
  const { prisma } = database;
  const maintain = (ctx: Context, input: { node: string; on: boolean }) =>
    trailOf(() => setMaintenance.call(ctx, input));
  expect(await maintain(contextOf(prisma, "viewer"), { node: "n2", on: true })).toMatchObject([
    { outcome: "denied", entity: "node", entityId: "n2", after: { code: "forbidden" } },
  ]);
  expect(await maintain(contextOf(prisma, null), { node: "n2", on: true })).toEqual([]);
  expect(await maintain(contextOf(prisma, "operator"), { node: "", on: true })).toEqual([]);
  const odd = `a\0${"b".repeat(500)}`;
  expect(await maintain(contextOf(prisma, "viewer"), { node: odd, on: true })).toMatchObject([
    { outcome: "denied", entityId: `a${"b".repeat(198)}` },
  ]);
});

test("text that the database cannot keep is refused, not tripped over", async () => {
  const { headers } = await api.addToken({ role: "admin" });
  for (const text of ["a\0b", "\ud800", "\udc00x"]) {
    for (const [path, type, input] of [
      ["nodes.get", "query", { node: text }],
      ["nodes.list", "query", { search: text, pool: [text] }],
      ["findings.list", "query", { checkId: [text] }],
      ["containers.list", "query", { search: text }],
      ["audit.list", "query", { search: text }],
      ["nodes.setMaintenance", "mutation", { node: "n2", on: true, reason: text }],
      ["joinTokens.revoke", "mutation", { id: text }],
    ] as const)
      expect([path, (await api.send(path, type, headers, input)).status]).toEqual([path, 400]);
  }
});

test("a person who has not confirmed lately is asked to, and the trail says so", async () => {
  const person = { kind: "user", id: "u1", name: "Somebody", sessionId: "s1", breakGlassUntil: null } as const;
  const grants = [{ role: "admin", selector: "*" }] as const;
  const ctx = (verifiedAt: Date | null): Context => ({
    ...contextOf(database.prisma, "admin"),
    actor: { ...person, grants, verifiedAt },
  });
  const id = await addNode(database.prisma, { name: "n3" });
  await expect(removeNode.call(ctx(null), { node: "n3" })).rejects.toMatchObject({
    code: "forbidden",
    details: { stepUp: true },
  });
  expect(await trailOf(() => removeNode.call(ctx(null), { node: "n3" }))).toMatchObject([
    { outcome: "refused", entityId: "n3" },
  ]);
  await removeNode.call(ctx(new Date()), { node: "n3" });
  expect(await database.prisma.node.findUnique({ where: { id } })).toMatchObject({ isConnected: false });
});

test("what cannot be written down does not happen", async () => {
  const id = await addNode(database.prisma, { name: "n4", state: "healthy" });
  await database.pool.query(
    "ALTER TABLE audit_event ADD CONSTRAINT no_maintenance CHECK (action <> 'nodes.setMaintenance') NOT VALID",
  );
  const operator = await client("operator");
  await expect(operator.nodes.setMaintenance.mutate({ node: "n4", on: true })).rejects.toThrow("Something went wrong");
  await database.pool.query("ALTER TABLE audit_event DROP CONSTRAINT no_maintenance");
  expect(await database.prisma.node.findUnique({ where: { id } })).toMatchObject({ state: "healthy" });
});

test("a change reaches an open event stream as a hint without data", async () => {
  const response = await fetch(eventsUrl);
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
  // Once rights are gone nothing of the kind is heard any more; a change of rights is noticed at once.
  listener = contextWith(database.prisma, [{ role: "viewer", selector: "pool=edge" }]).actor;
  await publishChanges(database.prisma, [{ domain: "accounts", ids: [] }]);
  await readUntil('{"domain":"accounts","ids":[]}');
  await publishChanges(database.prisma, [{ domain: "tokens", ids: ["secret"] }]);
  await publishChanges(database.prisma, [{ domain: "nodes", ids: ["n"] }]);
  await readUntil('{"domain":"nodes","ids":["n"]}');
  expect(text).not.toContain("secret");
  await reader?.cancel();
});
