import { mkdtempSync, rmSync } from "node:fs";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { contextOf, contextWith } from "../../testing/fleet.ts";
import { actorOf } from "./actor.ts";
import { type Auth, createAuth } from "./auth.ts";
import { createPerson } from "./create-person.ts";
import { ensureCliToken, ensureFirstAdmin, resetPassword } from "./first-admin.ts";
import { createToken, listTokens, revokeToken } from "./tokens.ts";

const SECRET = "a-secret-only-for-this-test-0123456789";
const URL = "http://127.0.0.1:7080";
let database: TestDatabase;
let auth: Auth;
let folder: string;
beforeAll(async () => {
  database = await testDatabase();
  auth = createAuth({ prisma: database.prisma, secret: SECRET, publicUrl: URL });
  folder = mkdtempSync(join(tmpdir(), "nodeops-accounts-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await database.drop();
});

function request(headers: Record<string, string>): IncomingMessage {
  const req = new IncomingMessage(new Socket());
  Object.assign(req.headers, headers);
  return req;
}
const who = (headers: Record<string, string>) =>
  actorOf(request(headers), { prisma: database.prisma, auth, now: new Date() });

async function signIn(email: string, password: string): Promise<Response> {
  return auth.handler(
    new Request(`${URL}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: URL },
      body: JSON.stringify({ email, password }),
    }),
  );
}

test("the first start makes one admin whose password signs in; later starts make none; a reset ends sessions", async () => {
  const first = await ensureFirstAdmin(database.prisma, SECRET);
  expect(first?.password).toMatch(/^([A-Za-z2-9]{4}-){4}[A-Za-z2-9]{4}$/);
  expect(await ensureFirstAdmin(database.prisma, SECRET)).toBeNull();
  if (!first) return;

  expect((await signIn(first.email, "not-the-password")).status).toBe(401);
  const response = await signIn(first.email, first.password);
  expect(response.status).toBe(200);
  const cookies = response.headers.getSetCookie();
  expect(cookies.every((c) => /HttpOnly/i.test(c) && /SameSite=Strict/i.test(c))).toBe(true);
  const cookie = cookies.map((c) => c.split(";", 1)[0]).join("; ");
  expect(await who({ cookie })).toMatchObject({ kind: "user", grants: [{ role: "admin", selector: "*" }] });

  const { id } = await database.prisma.user.findFirstOrThrow();
  const owned = await createToken.call(contextOf(database.prisma, "admin"), { name: "owned", role: "viewer" });
  await database.prisma.apiToken.update({ where: { id: owned.id }, data: { ownerId: id } });
  const cli = await ensureCliToken(database.prisma, folder, new Date());
  const again = await resetPassword(database.prisma, SECRET, first.email.toUpperCase());
  expect(await who({ authorization: `Bearer ${owned.token}` })).toMatchObject({ kind: "anonymous" });
  expect(await who({ authorization: `Bearer ${cli}` })).toMatchObject({ kind: "token" });
  const trail = await database.prisma.auditEvent.findMany({
    where: { actor: "system:host", entityId: id },
    orderBy: { seq: "asc" },
  });
  expect(trail.map(({ action }) => action)).toEqual(["accounts.createPerson", "accounts.resetPerson"]);
  expect(await who({ cookie })).toMatchObject({ kind: "anonymous" });
  expect((await signIn(first.email, again)).status).toBe(200);
});

test("nobody signs up by themselves", async () => {
  const response = await auth.handler(
    new Request(`${URL}/api/auth/sign-up/email`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: URL },
      body: JSON.stringify({ email: "eve@example.org", password: "long-enough-password", name: "Eve", role: "admin" }),
    }),
  );
  expect(response.ok).toBe(false);
  expect(await database.prisma.user.count({ where: { email: "eve@example.org" } })).toBe(0);
});

test("the command line's token is stable, stored as a hash, and acts as admin", async () => {
  const token = await ensureCliToken(database.prisma, folder, new Date());
  expect(await ensureCliToken(database.prisma, folder, new Date())).toBe(token);
  expect(await database.prisma.apiToken.count({ where: { hash: token } })).toBe(0);
  expect(await who({ authorization: `Bearer ${token}` })).toMatchObject({
    kind: "token",
    grants: [{ role: "admin", selector: "*" }],
  });
});

test("a token acts with its own role until it is revoked or expires; a bad one does not fall back to a cookie", async () => {
  const admin = contextOf(database.prisma, "admin");
  const { id, token } = await createToken.call(admin, { name: "ci", role: "viewer" });
  expect(await who({ authorization: `Bearer ${token}` })).toMatchObject({
    grants: [{ role: "viewer", selector: "*" }],
    name: "ci",
  });
  await revokeToken.call(admin, { id });
  expect(await who({ authorization: `Bearer ${token}`, cookie: "x=y" })).toMatchObject({ kind: "anonymous" });

  const past = contextOf(database.prisma, "admin", () => new Date(Date.now() - 2 * 86_400_000));
  const old = await createToken.call(past, { name: "old", role: "viewer", expiresInDays: 1 });
  expect(await who({ authorization: `Bearer ${old.token}` })).toMatchObject({ kind: "anonymous" });
});

test("a token's own token ends with it at the latest", async () => {
  const maker = await createToken.call(contextOf(database.prisma, "admin"), {
    name: "maker",
    role: "viewer",
    scopes: ["accounts:self"],
    expiresInDays: 3,
  });
  const actor = await who({ authorization: `Bearer ${maker.token}` });
  const asMaker = { ...contextOf(database.prisma, null), actor };
  const input = { role: "viewer", scopes: ["accounts:self"] } as const;
  const long = await createToken.call(asMaker, {
    ...input,
    scopes: [...input.scopes],
    name: "long",
    expiresInDays: 365,
  });
  const short = await createToken.call(asMaker, {
    ...input,
    scopes: [...input.scopes],
    name: "short",
    expiresInDays: 1,
  });
  const endOf = async (id: string) =>
    (await database.prisma.apiToken.findUniqueOrThrow({ where: { id } })).expiresAt?.getTime() ?? 0;
  expect(await endOf(long.id)).toBe(await endOf(maker.id));
  expect(await endOf(short.id)).toBeLessThan(await endOf(maker.id));
});

test("what people must confirm takes a token that was made for it by name", async () => {
  const as = async (token: string) => ({
    ...contextOf(database.prisma, null),
    actor: await who({ authorization: `Bearer ${token}` }),
  });
  const person = { name: "Pat", email: "pat@example.org", role: "viewer" } as const;
  const admin = contextOf(database.prisma, "admin");
  const plain = await as((await createToken.call(admin, { name: "plain", role: "admin" })).token);
  const refusal = { code: "forbidden", publicMessage: "This token was not made for this." };
  await expect(createPerson.call(plain, person)).rejects.toMatchObject(refusal);
  await expect(createToken.call(plain, { name: "x", role: "viewer" })).rejects.toMatchObject(refusal);
  const named = await createToken.call(admin, { name: "named", role: "admin", scopes: ["accounts:write"] });
  await createPerson.call(await as(named.token), person);
  const cli = await as(await ensureCliToken(database.prisma, folder, new Date()));
  await createToken.call(cli, { name: "by the command line", role: "admin" });
});

test("a token sees and ends itself and what it made; all that it made ends with it", async () => {
  const admin = contextOf(database.prisma, "admin");
  const as = async (token: string) => ({
    ...contextOf(database.prisma, null),
    actor: await who({ authorization: `Bearer ${token}` }),
  });
  const input = { name: "t", role: "viewer" as const, scopes: ["accounts:self" as const] };
  const { id: ownerId } = await database.prisma.user.findFirstOrThrow();
  const [first, sibling] = [await createToken.call(admin, input), await createToken.call(admin, input)];
  await database.prisma.apiToken.updateMany({ where: { id: { in: [first.id, sibling.id] } }, data: { ownerId } });
  const child = await createToken.call(await as(first.token), input);
  const grandchild = await createToken.call(await as(child.token), input);
  const seen = await listTokens.call(await as(first.token), undefined);
  expect(seen.map(({ id }) => id).sort()).toEqual([first.id, child.id].sort());
  await expect(revokeToken.call(await as(first.token), { id: sibling.id })).rejects.toMatchObject({
    code: "not_found",
  });
  const late = await as(first.token);
  await revokeToken.call(late, { id: first.id });
  for (const { token } of [first, child, grandchild])
    expect(await who({ authorization: `Bearer ${token}` })).toMatchObject({ kind: "anonymous" });
  expect(await who({ authorization: `Bearer ${sibling.token}` })).toMatchObject({ kind: "token" });
  await expect(createToken.call(late, input)).rejects.toMatchObject({ code: "forbidden" });
});

test("a token without rows of rights has none, whatever role it is called", async () => {
  const { id, token } = await createToken.call(contextOf(database.prisma, "admin"), { name: "x", role: "admin" });
  await database.prisma.grant.deleteMany({ where: { tokenId: id } });
  expect(await who({ authorization: `Bearer ${token}` })).toMatchObject({ kind: "anonymous" });
});

test("nobody makes a token with more rights than their own, by role, selector or permission", async () => {
  const operator = contextWith(database.prisma, [{ role: "operator", selector: "pool=web" }]);
  const make = (input: Parameters<typeof createToken.call>[1]) => createToken.call(operator, input);
  for (const input of [
    { name: "x", role: "admin", selector: "pool=web" },
    { name: "x", role: "operator", selector: "*" },
    { name: "x", role: "operator", selector: "pool=db" },
    { name: "x", role: "approver", selector: "pool=web" },
  ] as const)
    await expect(make(input)).rejects.toMatchObject({ code: "forbidden" });
  await expect(make({ name: "x", role: "viewer", selector: "pool=" })).rejects.toMatchObject({ code: "invalid" });
  const { token } = await make({ name: "x", role: "viewer", selector: "pool=web", scopes: ["nodes:read"] });
  expect(await who({ authorization: `Bearer ${token}` })).toMatchObject({
    grants: [{ role: "viewer", selector: "pool=web" }],
    scopes: ["nodes:read"],
  });
  const limited = contextWith(database.prisma, [{ role: "admin", selector: "*" }], { scopes: ["accounts:self"] });
  await expect(createToken.call(limited, { name: "x", role: "viewer" })).rejects.toMatchObject({ code: "forbidden" });
});
