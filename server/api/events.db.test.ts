// Limits of the event stream: how many there are, and how much one may leave unread. What it tells is in api.db.test.ts.
import { createServer, IncomingMessage, type Server, ServerResponse } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { CHANGES_CHANNEL } from "../core/changes.ts";
import { type Actor, systemActor } from "../core/context.ts";
import { createEventStream, type EventStream } from "./events.ts";

let database: TestDatabase;
let events: EventStream;
let server: Server;
let url: string;
let listener: Actor = systemActor("one");

beforeAll(async () => {
  database = await testDatabase();
  events = createEventStream(database.url);
  server = createServer((req, res) => events.handle(req, res, async () => listener));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await events.close();
  server.closeAllConnections();
  server.close();
  await database.drop();
});

test("an actor has 20 streams, others have theirs, and one that ends makes room", async () => {
  const open = await Promise.all(Array.from({ length: 20 }, () => fetch(url)));
  expect(open.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect((await fetch(url)).status).toBe(429);
  listener = systemActor("another");
  const other = await fetch(url);
  expect(other.status).toBe(200);
  listener = systemActor("one");
  await open[0]?.body?.cancel();
  await vi.waitFor(() => expect(events.clientCount()).toBe(20));
  const again = await fetch(url);
  expect(again.status).toBe(200);
  for (const { body } of [...open.slice(1), other, again]) await body?.cancel();
  await vi.waitFor(() => expect(events.clientCount()).toBe(0));
});

test("a client that does not read is let go", async () => {
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req); // nobody takes what is written to it
  events.handle(req, res, async () => systemActor("slow"));
  await vi.waitFor(() => expect(res.headersSent).toBe(true));
  const hints = (from: number) =>
    database.pool.query(
      `SELECT pg_notify($1, json_build_object('domain', 'nodes', 'ids',
         (SELECT json_agg(lpad((i * 100 + k)::text, 36, '0')) FROM generate_series(1, 100) k))::text)
       FROM generate_series($2::int, $2::int + 299) i`,
      [CHANGES_CHANNEL, from],
    );
  await hints(0);
  await vi.waitFor(() => expect(res.writableLength).toBeGreaterThan(1_000_000), { timeout: 10_000 });
  expect(res.destroyed).toBe(false);
  await hints(1_000);
  await vi.waitFor(() => expect(res.destroyed).toBe(true), { timeout: 10_000 });
});
