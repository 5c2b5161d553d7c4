// People: rights, disabling, tokens that follow their owner, emergency access, and what happens when the database is away.
import { createServer, IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createEventStream, type EventStream } from "../api/events.ts";
import { openDatabase } from "../core/db.ts";
import { actorOf } from "./actor.ts";
import { createAuth } from "./auth.ts";
import { CODE_TTL_MS, openBreakGlass } from "./break-glass.ts";
import { createPerson } from "./create-person.ts";
import { listPeople } from "./list-people.ts";
import { breakGlassNotice, endBreakGlass, listBreakGlass, reviewBreakGlass } from "./review-break-glass.ts";
import { revokeSessionsOf } from "./sessions.ts";
import { resetPerson, setDisabled } from "./set-disabled.ts";
import { setRights } from "./set-rights.ts";
import type { Browser } from "./testing/browser.ts";
import { type Console, SECRET, testConsole, URL_OF_CONSOLE } from "./testing/people.ts";
import { createToken, listTokens, revokeToken } from "./tokens.ts";
import { startTwoFactor } from "./two-factor.ts";

let nodeops: Console;
let admin: Browser;
beforeAll(async () => {
  nodeops = await testConsole();
  admin = nodeops.open();
  await admin.signIn(nodeops.admin.email, nodeops.admin.password);
});
afterAll(() => nodeops.database.drop());

const db = () => nodeops.database.prisma;
const byToken = (token: string) => {
  const req = new IncomingMessage(new Socket());
  req.headers.authorization = `Bearer ${token}`;
  return actorOf(req, { prisma: db(), auth: nodeops.auth, now: new Date() });
};
const me = async () => (await db().user.findFirstOrThrow({ where: { email: nodeops.admin.email } })).id;

test("the last administrator can neither be disabled nor demoted, also when two try to remove each other at once", async () => {
  const id = await me();
  await expect(setDisabled.call(await admin.ctx(), { id, disabled: true })).rejects.toMatchObject({ code: "conflict" });
  await expect(setRights.call(await admin.ctx(), { id, role: "viewer", grants: [] })).rejects.toMatchObject({
    code: "conflict",
  });
  const second = await nodeops.person("Second", "admin");
  const ctx = await second.browser.ctx();
  const results = await Promise.allSettled([
    setDisabled.call(await admin.ctx(), { id: second.id, disabled: true }),
    setDisabled.call(ctx, { id, disabled: true }),
  ]);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  await db().user.update({ where: { id }, data: { disabledAt: null } });
  await db().user.update({ where: { id: second.id }, data: { disabledAt: new Date() } });
  admin = nodeops.open();
  await admin.signIn(nodeops.admin.email, nodeops.admin.password);
});

test("a disabled person is gone at once: sessions, tokens, sign-in; and comes back without old sessions", async () => {
  const fay = await nodeops.person("Fay", "operator");
  const { token } = await createToken.call(await fay.browser.ctx(), { name: "fay's", role: "operator" });
  expect(await byToken(token)).toMatchObject({ kind: "token", ownerId: fay.id });
  await setDisabled.call(await admin.ctx(), { id: fay.id, disabled: true });
  expect((await fay.browser.who()).kind).toBe("anonymous");
  expect((await byToken(token)).kind).toBe("anonymous");
  expect((await nodeops.open().signIn(fay.email, fay.password)).status).toBe(401);
  await setDisabled.call(await admin.ctx(), { id: fay.id, disabled: false });
  expect((await fay.browser.who()).kind).toBe("anonymous");
  expect((await byToken(token)).kind).toBe("anonymous");
  expect((await nodeops.open().signIn(fay.email, fay.password)).status).toBe(200);
});

test("a token loses what its owner loses; others do not see or end it", async () => {
  const gil = await nodeops.person("Gil", "operator", [{ role: "operator", selector: "pool=web" }]);
  const { id, token } = await createToken.call(await gil.browser.ctx(), { name: "gil's", role: "operator" });
  const hal = await nodeops.person("Hal", "operator");
  expect(await listTokens.call(await hal.browser.ctx(), undefined)).toEqual([]);
  await expect(revokeToken.call(await hal.browser.ctx(), { id })).rejects.toMatchObject({ code: "not_found" });
  await setRights.call(await admin.ctx(), {
    id: gil.id,
    role: "viewer",
    grants: [{ role: "operator", selector: "pool=web" }],
  });
  expect((await byToken(token)).kind).toBe("anonymous");
  expect((await listTokens.call(await admin.ctx(), undefined)).map((row) => row.id)).toContain(id);
});

test("grants run out, hold where they say, and an unreadable selector is refused", async () => {
  const ida = await nodeops.person("Ida", null, [{ role: "operator", selector: "pool=web" }]);
  expect(await ida.browser.who()).toMatchObject({ grants: [{ role: "operator", selector: "pool=web" }] });
  await db().grant.updateMany({ where: { userId: ida.id }, data: { expiresAt: new Date(Date.now() - 1) } });
  expect(await ida.browser.who()).toMatchObject({ grants: [] });
  await expect(
    setRights.call(await admin.ctx(), { id: ida.id, role: null, grants: [{ role: "viewer", selector: "pool=" }] }),
  ).rejects.toMatchObject({ code: "invalid" });
  const row = (await listPeople.call(await admin.ctx(), undefined)).find(({ id }) => id === ida.id);
  expect(row).toMatchObject({ role: null, signInWith: ["credential"], sessionCount: 1, lockedUntil: null });
});

test("who lost everything gets a one-time password, and loses the second factor and all sessions", async () => {
  const jon = await nodeops.person("Jon", "viewer");
  await db().user.update({ where: { id: jon.id }, data: { twoFactorEnabled: true } });
  const { token } = await createToken.call(await jon.browser.ctx(), { name: "jon's", role: "viewer" });
  const { password } = await resetPerson.call(await admin.ctx(), { id: jon.id });
  expect((await byToken(token)).kind).toBe("anonymous");
  expect((await jon.browser.who()).kind).toBe("anonymous");
  expect((await nodeops.open().signIn(jon.email, jon.password)).status).toBe(401);
  const fresh = nodeops.open();
  await fresh.signIn(jon.email, password);
  expect(await fresh.who()).toMatchObject({ kind: "user", grants: [] });
  await expect(resetPerson.call(await admin.ctx(), { id: await me() })).rejects.toMatchObject({ code: "conflict" });
});

test("emergency access: a code that works once, rights for its time, a notice for all, a review by somebody else", async () => {
  const prisma = db();
  const kim = await nodeops.person("Kim", "viewer");
  const opened = await openBreakGlass(prisma, {
    email: kim.email,
    reason: "fleet is down",
    minutes: 30,
    now: new Date(),
  });
  expect(await prisma.breakGlass.count({ where: { codeHash: opened.code } })).toBe(0);
  const late = nodeops.open();
  await prisma.breakGlass.update({
    where: { id: opened.id },
    data: { createdAt: new Date(Date.now() - CODE_TTL_MS - 1) },
  });
  expect((await late.post("/sign-in/break-glass", { code: opened.code })).status).toBe(401);
  await prisma.breakGlass.update({ where: { id: opened.id }, data: { createdAt: new Date() } });

  let at = Date.now();
  const user = nodeops.open(() => new Date(at));
  const answers = await Promise.all([1, 2, 3].map(() => user.post("/sign-in/break-glass", { code: opened.code })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
  expect(await user.who()).toMatchObject({
    id: kim.id,
    grants: [{ role: "admin", selector: "*" }],
    breakGlassUntil: expect.any(Date),
  });
  expect(await kim.browser.who()).toMatchObject({ grants: [{ role: "viewer", selector: "*" }] });
  expect(await breakGlassNotice.call(await kim.browser.ctx(), undefined)).toMatchObject({
    state: "open",
    personName: "Kim",
  });
  await expect(createToken.call(await user.ctx(), { name: "stay", role: "admin" })).rejects.toMatchObject({
    code: "forbidden",
  });
  const asUser = await user.ctx();
  const adminId = await me();
  const more = { name: "Stay", email: "stay@example.org", role: "admin" } as const;
  for (const attempt of [
    () => createPerson.call(asUser, more),
    () => createPerson.call(asUser, { ...more, role: null, grants: [{ role: "admin", selector: "pool=web" }] }),
    () => setRights.call(asUser, { id: kim.id, role: "admin", grants: [] }),
    () => resetPerson.call(asUser, { id: adminId }),
  ])
    await expect(attempt()).rejects.toMatchObject({ code: "forbidden" });
  await expect(startTwoFactor.call(await user.ctx(), undefined)).rejects.toMatchObject({ code: "forbidden" });
  at = Date.now() + 20 * 60_000; // presence would have worn off, and its user does not know Kim's password
  await revokeSessionsOf.call(await user.ctx(), { id: await me() });
  await admin.signIn(nodeops.admin.email, nodeops.admin.password);
  at = Date.now();
  await expect(reviewBreakGlass.call(await admin.ctx(), { id: opened.id, note: "fine" })).rejects.toMatchObject({
    code: "conflict",
  });

  at = Date.now() + 31 * 60_000;
  expect((await user.who()).kind).toBe("anonymous");
  expect(await prisma.session.count({ where: { breakGlassId: opened.id } })).toBe(0);
  await setRights.call(await admin.ctx(), { id: kim.id, role: "admin", grants: [] });
  await kim.browser.signIn(kim.email, kim.password);
  await expect(reviewBreakGlass.call(await kim.browser.ctx(), { id: opened.id, note: "ok" })).rejects.toMatchObject({
    code: "forbidden",
  });
  expect(await breakGlassNotice.call(await kim.browser.ctx(), undefined)).toMatchObject({ state: "unreviewed" });
  await reviewBreakGlass.call(await admin.ctx(), { id: opened.id, note: "seen with Kim" });
  expect(await breakGlassNotice.call(await kim.browser.ctx(), undefined)).toBeNull();
  expect((await listBreakGlass.call(await admin.ctx(), undefined))[0]).toMatchObject({
    canReview: false,
    reviewNote: "seen with Kim",
  });
  const rows = await prisma.auditEvent.findMany({
    where: { entityId: opened.id, outcome: "done" },
    orderBy: { seq: "asc" },
  });
  expect(rows.map(({ action }) => action)).toEqual([
    "accounts.breakGlass.open",
    "accounts.breakGlass.use",
    "accounts.breakGlass.end",
    "accounts.reviewBreakGlass",
  ]);
  await setDisabled.call(await admin.ctx(), { id: kim.id, disabled: true });
});

test("emergency access can be ended early, and is not opened without a reason, for longer than an hour or for nobody", async () => {
  const prisma = db();
  const now = new Date();
  for (const input of [
    { reason: " ", minutes: 10, now },
    { reason: "because", minutes: 61, now },
    { reason: "because", minutes: 10, email: "nobody@example.org", now },
  ])
    await expect(openBreakGlass(prisma, input)).rejects.toThrow();
  const { id, code } = await openBreakGlass(prisma, { reason: "because", minutes: 10, now });
  const user = nodeops.open();
  await user.post("/sign-in/break-glass", { code });
  expect((await user.who()).kind).toBe("user");
  await endBreakGlass.call(await admin.ctx(), { id });
  expect((await user.who()).kind).toBe("anonymous");
});

test("an ended session's pages are told at once, others are not", async () => {
  const lea = await nodeops.person("Lea", "viewer");
  const events: EventStream = createEventStream(nodeops.database.url);
  const browsers = [lea.browser, admin];
  const server: Server = createServer((req, res) => {
    const browser = browsers[Number(req.url?.slice(1))];
    if (browser) events.handle(req, res, () => browser.who());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open = async (index: number) => {
    const reader = (await fetch(`${base}/${index}`)).body?.pipeThrough(new TextDecoderStream()).getReader();
    await reader?.read();
    return reader;
  };
  const [hers, twin, other] = [await open(0), await open(0), await open(1)];
  await revokeSessionsOf.call(await admin.ctx(), { id: lea.id });
  for (const reader of [hers, twin]) {
    let text = "";
    for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) text += chunk.value;
    expect(text).toContain("event: signed-out");
  }
  expect(events.clientCount()).toBe(1);
  await other?.cancel();
  await events.close();
  server.closeAllConnections();
  server.close();
});

test("with the database away nobody is anybody: neither a session nor a token that was good a moment ago", async () => {
  const { token } = await createToken.call(await admin.ctx(), { name: "x", role: "viewer" });
  const url = new URL(nodeops.database.url);
  url.port = "1";
  const away = openDatabase(url.href, { name: "away" });
  const auth = createAuth({ prisma: away.prisma, secret: SECRET, publicUrl: URL_OF_CONSOLE });
  const cookie = [...admin.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  for (const headers of [{ cookie }, { authorization: `Bearer ${token}` }]) {
    const req = new IncomingMessage(new Socket());
    Object.assign(req.headers, headers);
    await expect(actorOf(req, { prisma: away.prisma, auth, now: new Date() })).rejects.toThrow();
  }
  await away.close();
});
