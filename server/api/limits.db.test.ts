// What many calls at once do to the web process: they wait for each other or are told to, and nothing stands still.
import superjson from "superjson";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../../testing/api.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { openDatabase } from "../core/db.ts";

let database: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  database = await testDatabase();
  api = await startApi(database, new Date());
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

/** One request with this many calls of a mutation. */
async function batch(path: string, count: number, headers: Record<string, string>, input: unknown) {
  const body = Object.fromEntries(Array.from({ length: count }, (_, i) => [i, superjson.serialize(input)]));
  const response = await fetch(`${api.base}/${Array(count).fill(path).join(",")}?batch=1`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await response.json()) as { error?: { json?: unknown; data?: { httpStatus: number }; message: string } }[];
}

test("proofs of presence in one batch, more than the database has connections for", async () => {
  const { headers } = await api.addPerson({ role: "viewer" });
  const answers = await batch("accounts.confirmPresence", 20, headers, { password: "not the one" });
  const statuses = answers.map((answer) => JSON.stringify(answer).match(/"httpStatus":(\d+)/)?.[1]);
  expect(statuses).toHaveLength(20);
  for (const status of statuses) expect(["400", "429"]).toContain(status);
});

test("an actor that changes things without end is told to wait, and that leaves nothing in the trail", async () => {
  const { headers } = await api.addToken({ role: "viewer" });
  const before = await database.prisma.auditEvent.count();
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => batch("nodes.remove", 20, headers, { node: "none" })),
  );
  const texts = answers.flat().map((answer) => JSON.stringify(answer));
  const refused = texts.filter((text) => text.includes('"httpStatus":429'));
  const denied = texts.filter((text) => text.includes('"httpStatus":403'));
  expect(refused.length + denied.length).toBe(800);
  expect(denied.length).toBeGreaterThanOrEqual(120);
  expect(refused.length).toBeGreaterThan(0);
  expect(await database.prisma.auditEvent.count()).toBe(before + denied.length);
});

test("a statement that takes too long is ended where that was asked for", async () => {
  const limited = openDatabase(database.url, { name: "limited", statementTimeoutMs: 50 });
  const free = openDatabase(database.url, { name: "free" });
  await expect(limited.pool.query("SELECT pg_sleep(10)")).rejects.toThrow("statement timeout");
  expect((await free.pool.query("SHOW statement_timeout")).rows).toEqual([{ statement_timeout: "0" }]);
  await Promise.all([limited.close(), free.close()]);
});
