// `diagnose --container` against the real API over HTTP: what is printed, and the exit codes.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { startApi, type TestApi } from "../../testing/api.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import type { Things } from "../../testing/world.ts";
import { run } from "./diagnose.ts";

let database: TestDatabase;
let api: TestApi;
let things: Things;
let out = "";

beforeAll(async () => {
  database = await testDatabase();
  api = await startApi(database, new Date());
  things = await api.addThings("own");
  const { headers } = await api.addToken({ role: "user" });
  process.env.NODEOPS_URL = api.base;
  process.env.NODEOPS_TOKEN = headers.authorization?.replace("Bearer ", "") ?? "";
});
afterAll(async () => {
  delete process.env.NODEOPS_URL;
  delete process.env.NODEOPS_TOKEN;
  await api.close();
  await database.drop();
});
beforeEach(() => {
  out = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += String(text);
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

test("the verdict comes first, then why, then what can be done", async () => {
  expect(await run([], { node: things.node.name, lang: "en" })).toBe(0);
  expect(out.split("\n")[0]).toBe("It is our node: container runtime down.");
  expect(out).toContain("What can be done");
  expect(out).toContain("you may ask for it");
  out = "";
  expect(await run([], { node: things.node.name, lang: "zh" })).toBe(0);
  expect(out.split("\n")[0]).toContain("是节点的问题");
});

test("killed, and nobody knows by whom, is an answer of its own; as JSON it is whole", async () => {
  const { container } = things;
  await database.prisma.container.updateMany({ where: { id: container }, data: { state: "exited", exitCode: 137 } });
  await database.prisma.finding.deleteMany({ where: { nodeId: things.node.id } });
  expect(await run([], { container: container.slice(0, 12), json: true })).toBe(4);
  expect(JSON.parse(out)).toMatchObject({
    isKnown: false,
    verdict: { side: "unsure" },
    subject: { containerId: container },
  });
});

test("what is not there, and two things at once", async () => {
  await expect(run([], { container: "ffffffffffff" })).rejects.toMatchObject({ exitCode: 1 });
  await expect(run([], { container: "ffffffffffff", pod: "x" })).rejects.toMatchObject({ exitCode: 2 });
});
