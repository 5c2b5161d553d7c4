// Reads may come by POST; changes come by POST and nothing else, whatever a request says of itself: a link or an image on another site changes nothing.
import superjson from "superjson";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApi, type TestApi } from "../../testing/api.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";

let database: TestDatabase;
let api: TestApi;
let headers: Record<string, string>;
beforeAll(async () => {
  database = await testDatabase();
  api = await startApi(database, new Date());
  ({ headers } = await api.addPerson({ role: "admin" }));
});
afterAll(async () => {
  await api.close();
  await database.drop();
});

const change = "freeze.set";
const input = superjson.stringify({ reason: "a drill of ours" });
const frozen = () => database.prisma.freeze.count();

test("the change that is tried below is one", async () => {
  expect((await api.send("freeze.get", "query", headers, undefined)).status).toBe(200);
  const answer = await fetch(`${api.base}/${change}`, {
    method: "POST",
    headers: { ...headers, ...json },
    body: input,
  });
  expect([answer.status, await frozen()]).toEqual([200, 1]);
});
const json = { "content-type": "application/json" };

test.each<[string, () => string, object]>([
  ["alone", () => `${change}?input=${encodeURIComponent(input)}`, {}],
  ["in a batch", () => `${change}?batch=1&input=${encodeURIComponent(`{"0":${input}}`)}`, {}],
  ["behind a read", () => `freeze.get,${change}?batch=1&input=${encodeURIComponent(`{"1":${input}}`)}`, {}],
  [
    "with another method in a header",
    () => `${change}?input=${encodeURIComponent(input)}`,
    { "x-http-method-override": "POST" },
  ],
  [
    "with another method in the address",
    () => `${change}?_method=POST&method=POST&input=${encodeURIComponent(input)}`,
    {},
  ],
])("nothing is changed by GET %s", async (_name, path, more) => {
  const before = await frozen();
  const answer = await fetch(`${api.base}/${path()}`, { headers: { ...headers, ...more } });
  expect([await answer.text(), await frozen()]).toEqual([
    expect.stringMatching(/METHOD_NOT_SUPPORTED|Cannot mix procedure types/),
    before,
  ]);
});

test("a read answers by POST as it does by GET, with an input longer than any address", async () => {
  const read = (body: string) =>
    fetch(`${api.base}/nodes.list`, { method: "POST", headers: { ...headers, ...json }, body });
  const byGet = await api.send("nodes.list", "query", headers, {});
  expect(byGet.status).toBe(200);
  expect(await (await read(superjson.stringify({}))).text()).toBe(byGet.body);
  const long = { change: { kind: "config-file", params: { content: "x".repeat(100_000) } } };
  const answer = await fetch(`${api.base}/rollouts.preview`, {
    method: "POST",
    headers: { ...headers, ...json },
    body: superjson.stringify(long),
  });
  expect(answer.status).toBe(400); // it was read, and is no whole plan
  expect(await answer.text()).toContain("BAD_REQUEST");
});
