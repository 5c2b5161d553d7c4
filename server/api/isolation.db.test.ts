// What somebody with a part of the fleet can find out about the rest: nothing, by no answer, count, order or error.
import { randomBytes, randomUUID } from "node:crypto";
import { request } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Answer, startApi, type TestApi } from "../../testing/api.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { type Entry, surface } from "../../testing/surface.ts";
import type { Things } from "../../testing/world.ts";
import { type Grant, type Permission, permissions } from "../core/access.ts";
import { appRouter } from "./root.ts";

const procedures = appRouter._def.procedures as unknown as Record<string, { _def: { type: "query" | "mutation" } }>;
const entries = Object.entries(surface);
const OWN: Grant[] = [{ role: "admin", selector: "pool=own" }];
/** Without them the answer to what people must confirm is the same for all things. */
const BY_NAME = Object.keys(permissions) as Permission[];

let db: TestDatabase;
let api: TestApi;
let own: Things;
let foreign: Things;

beforeAll(async () => {
  db = await testDatabase();
  api = await startApi(db, new Date());
  own = await api.addThings("own");
  foreign = await api.addThings("other");
});
afterAll(async () => {
  await api.close();
  await db.drop();
});

const typeOf = (path: string) => procedures[path]?._def.type ?? "query";
const call = (path: string, headers: Record<string, string>, things: Things, one: Entry["calls"][number]) =>
  api.send(path, typeOf(path), headers, one({ ...things, me: { grants: OWN } }));

/** As it is told: without the request's own id, and without the words that the caller used. */
function wordsOf({ status, body, requestId }: Answer, things: Things): string {
  const said = [things.node, things.busy, things.asking].flatMap(({ id, name }) => [id, name]);
  return [requestId, ...said, things.pool].reduce((text, word) => text.replaceAll(word, "…"), `${status} ${body}`);
}

test("a foreign thing is answered word for word like one that does not exist", async () => {
  const node = () => ({ id: randomUUID(), name: `ghost-${randomUUID()}` });
  const ids = {
    finding: randomUUID(),
    repair: randomUUID(),
    running: randomUUID(),
    waiting: randomUUID(),
    patrol: randomUUID(),
    patrolRun: randomUUID(),
    diagnosisCase: randomUUID(),
  };
  const ghost: Things = { ...foreign, ...ids, pool: "ghost", node: node(), busy: node(), asking: node() };
  const { headers } = await api.addToken({ grants: OWN, scopes: BY_NAME });
  let compared = 0;
  for (const [path, { isAboutNode, calls }] of entries) {
    if (!isAboutNode) continue;
    for (const one of calls) {
      const [there, absent] = [await call(path, headers, foreign, one), await call(path, headers, ghost, one)];
      expect([path, wordsOf(there, foreign)]).toEqual([path, wordsOf(absent, ghost)]);
      expect(there.status).toBe(404);
      compared += 1;
    }
  }
  expect(compared).toBeGreaterThan(15);
});

test("what others have is not one's own: ids of another person's things change nothing", async () => {
  const { headers } = await api.addPerson({ role: "approver" });
  const { person } = foreign;
  const attempts: [string, unknown][] = [
    ["accounts.revokeSession", { id: person.sessionId }],
    ["accounts.renamePasskey", { id: person.passkey, name: "mine" }],
    ["accounts.removePasskey", { id: person.passkey }],
    ["accounts.revokeToken", { id: person.apiToken }],
    ["approvals.requestKey", { passkeyId: person.passkey }],
  ];
  for (const [path, input] of attempts)
    expect([path, (await api.send(path, "mutation", headers, input)).status]).toEqual([path, 404]);
  for (const path of ["accounts.sessions", "accounts.passkeys", "accounts.tokens"]) {
    const { status, body } = await api.send(path, "query", headers, undefined);
    expect(status).toBe(200);
    for (const id of [person.sessionId, person.passkey, person.apiToken]) expect(body).not.toContain(id);
  }
  expect(await db.prisma.session.count({ where: { id: person.sessionId } })).toBe(1);
  expect(await db.prisma.passkey.findUnique({ where: { id: person.passkey } })).toMatchObject({ name: "test" });
  expect(await db.prisma.apiToken.findUnique({ where: { id: person.apiToken } })).toMatchObject({ revokedAt: null });
});

test("rights that end, end with the next call: a grant, a role, a token, a session", async () => {
  const list = async (headers: Record<string, string>) => {
    const { status, body } = await api.send("nodes.list", "query", headers, {});
    return status === 200 ? (body.includes(own.node.name) ? "sees it" : "sees nothing") : status;
  };
  const { prisma } = db;
  const person = await api.addPerson({ role: "viewer", grants: OWN });
  expect(await list(person.headers)).toBe("sees it");
  await prisma.user.update({ where: { id: person.userId }, data: { role: "none" } });
  expect(await list(person.headers)).toBe("sees it"); // by the grant that is left
  await prisma.grant.updateMany({ where: { userId: person.userId }, data: { selector: "pool=other" } });
  expect(await list(person.headers)).toBe("sees nothing");
  await prisma.grant.deleteMany({ where: { userId: person.userId } });
  expect(await list(person.headers)).toBe(403);
  await prisma.session.delete({ where: { id: person.sessionId } });
  expect(await list(person.headers)).toBe(401);
  const token = await api.addToken({ grants: OWN });
  expect(await list(token.headers)).toBe("sees it");
  await prisma.apiToken.update({ where: { id: token.id }, data: { revokedAt: api.at } });
  expect(await list(token.headers)).toBe(401);
});

/** The status of a path exactly as written: `fetch` would tidy it up. */
const rawStatus = (path: string, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const req = request(`${api.base}/`, { path: `/api/trpc/${path}`, headers }, (res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    });
    req.on("error", reject).end();
  });

test("no name but a procedure's own is ever dispatched", { timeout: 60_000 }, async () => {
  const { headers } = await api.addToken({ role: "admin" });
  const before = await db.prisma.auditEvent.count();
  const words = ["nodes", "list", "remove", "accounts", "createToken", "__proto__", "constructor", "prototype"];
  const inherited = ["toString", "call", "apply", "bind", "_def", "procedures", "record", "createCaller", "router"];
  const odd = [
    ".",
    "..",
    "/",
    "%2e",
    "%2f",
    "%00",
    ",",
    "[0]",
    "['list']",
    "%5b",
    "::",
    "→",
    "%E2%80%8B",
    "NODES",
    " ",
  ];
  const part = fc.constantFrom(...words, ...inherited, ...odd);
  const name = fc.oneof(
    fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(".")),
    fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
    fc.string({ maxLength: 30 }),
  );
  await fc.assert(
    fc.asyncProperty(name, async (drawn) => {
      const path = drawn.replace(/[^!-~]|[?#]/gu, encodeURIComponent);
      // A URL's own rules come first: `x/../nodes.list` is `nodes.list` and needs what that needs.
      fc.pre(!Object.hasOwn(procedures, new URL(`http://x/y/${path}`).pathname.slice("/y/".length)));
      expect([400, 404, 405, 415]).toContain(await rawStatus(path, headers));
    }),
    { numRuns: 1_000 },
  );
  for (const path of Object.keys(procedures)) {
    const near = [`${path}.call`, `${path}.`, `.${path}`, path.toUpperCase(), `${path}%00`, `${path}/`];
    for (const one of [...near, path.replace(".", "/"), path.replace(".", "..")])
      expect([one, await rawStatus(one, headers)]).toEqual([one, 404]);
  }
  expect(await db.prisma.auditEvent.count()).toBe(before);
});

// Last: it takes the other pool away.
test("answers do not change by one byte when the rest of the fleet is gone", async () => {
  const { headers } = await api.addToken({ grants: OWN });
  const readAll = async () => {
    const answers: [string, string][] = [];
    for (const [path, { calls, on }] of entries)
      if (typeOf(path) === "query" && on === "node")
        for (const one of calls) {
          const { status, body, requestId } = await call(path, headers, own, one);
          expect([200, 409], path).toContain(status); // 409: this run has no undo
          answers.push([path, body.replaceAll(requestId, "…")]);
        }
    return answers;
  };
  for (let i = 0; i < 3; i += 1) await api.addThings(`other-${randomBytes(2).toString("hex")}`);
  const withOthers = await readAll();
  expect(withOthers.length).toBeGreaterThan(30);
  await db.prisma.node.deleteMany({ where: { NOT: { pool: "own" } } });
  expect(await db.prisma.node.count()).toBe(3);
  expect(await readAll()).toEqual(withOthers);
});
