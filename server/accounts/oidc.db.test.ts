// Sign-in with an identity provider: the whole way through a real one, and every token that must not be believed.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openBreakGlass } from "./break-glass.ts";
import { readOidc, roleOf } from "./oidc.ts";
import { type Console, testConsole, URL_OF_CONSOLE } from "./testing/people.ts";
import { type Provider, type Spoil, startProvider } from "./testing/provider.ts";

let provider: Provider;
let nodeops: Console;
const settings = (issuer: string, more: Record<string, string> = {}) =>
  readOidc({ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: "nodeops", OIDC_ROLE_MAP: "sre=operator,leads=admin", ...more });

beforeAll(async () => {
  provider = await startProvider();
  nodeops = await testConsole(settings(provider.issuer));
});
afterAll(async () => {
  await provider.close();
  await nodeops.database.drop();
});
beforeEach(() => {
  provider.spoil = {};
  provider.person = { sub: "s-1", email: "ola@corp.example", email_verified: true, name: "Ola", groups: ["sre"] };
});

/** A browser that follows the way to the provider and back. */
async function come(browser = nodeops.open()) {
  const start = await browser.post("/sign-in/social", {
    provider: "oidc",
    callbackURL: "/",
    errorCallbackURL: "/sign-in",
    disableRedirect: true,
  });
  if (!start.ok) return { browser, start, end: start, location: "" };
  const { url } = (await start.json()) as { url: string };
  const back = await fetch(url, { redirect: "manual" });
  const end = await browser.get(back.headers.get("location") ?? "");
  return { browser, start, end, location: end.headers.get("location") ?? "" };
}

test("a person of the provider comes in with the role that it gives, each time anew", async () => {
  const { browser, start, location } = await come();
  expect(location).toBe("/");
  expect(provider.lastVerifier?.length).toBeGreaterThan(40);
  expect(await browser.who()).toMatchObject({ name: "Ola", grants: [{ role: "operator", selector: "*" }] });
  const state = start.headers.getSetCookie().find((line) => line.startsWith("nodeops.oidc-state="));
  expect(state).toMatch(/SameSite=Lax/i);
  provider.person.groups = ["staff", "leads"];
  expect(await (await come()).browser.who()).toMatchObject({ grants: [{ role: "admin", selector: "*" }] });
  provider.person.groups = "sre";
  expect(await (await come()).browser.who()).toMatchObject({ grants: [{ role: "operator", selector: "*" }] });
  const { prisma } = nodeops.database;
  const [ola, ...others] = await prisma.user.findMany({ where: { email: "ola@corp.example" } });
  expect(others).toEqual([]);
  const rows = await prisma.auditEvent.findMany({
    where: { entityId: ola?.id ?? "", actor: "system:identity-provider" },
    orderBy: { seq: "asc" },
  });
  expect(rows.map(({ action, before, after }) => [action, before, after])).toEqual([
    ["accounts.createPerson", null, { email: "ola@corp.example", name: "Ola" }],
    ["accounts.setRights", { role: "none" }, { role: "operator" }],
    ["accounts.setRights", { role: "operator" }, { role: "admin" }],
    ["accounts.setRights", { role: "admin" }, { role: "operator" }],
  ]);
});

test("an address that the provider has not verified makes no account", async () => {
  const { prisma } = nodeops.database;
  provider.person = { sub: "s-5", email: "una@corp.example", email_verified: false, name: "Una", groups: ["sre"] };
  expect((await (await come()).browser.who()).kind).toBe("anonymous");
  expect(await prisma.user.count({ where: { email: "una@corp.example" } })).toBe(0);
});

test("the provider does not take the last administrator away", async () => {
  const { prisma } = nodeops.database;
  provider.person = { sub: "s-6", email: "lia@corp.example", email_verified: true, name: "Lia", groups: ["leads"] };
  await come();
  const others = { email: { not: "lia@corp.example" }, role: "admin", disabledAt: null };
  const disabled = await prisma.user.findMany({ where: others, select: { id: true } });
  const ids = { id: { in: disabled.map(({ id }) => id) } };
  await prisma.user.updateMany({ where: ids, data: { disabledAt: new Date() } });
  provider.person.groups = ["sre"];
  expect((await (await come()).browser.who()).kind).toBe("anonymous");
  const lia = await prisma.user.findFirstOrThrow({ where: { email: "lia@corp.example" } });
  expect(lia.role).toBe("admin");
  expect(await prisma.auditEvent.count({ where: { entityId: lia.id, outcome: "refused" } })).toBe(1);
  await prisma.user.updateMany({ where: ids, data: { disabledAt: null } });
});

test.each<[string, Spoil]>([
  ["a nonce of another sign-in", { nonce: "another" }],
  ["another issuer", { issuer: "http://evil.example" }],
  ["another audience", { audience: "some-other-app" }],
  ["an expired token", { expiresIn: "-10 minutes" }],
  ["a signature by another key", { foreignKey: true }],
  ["no id token, only an access token", { noIdToken: true }],
])("%s is not believed", async (_name, spoil) => {
  provider.spoil = spoil;
  const { browser, location } = await come();
  expect(location).toMatch(/\/sign-in\?error=/);
  expect((await browser.who()).kind).toBe("anonymous");
});

test("somebody without a mapped role stays out and leaves no account, unless everybody may look", async () => {
  provider.person = { sub: "s-2", email: "nil@corp.example", email_verified: true, name: "Nil", groups: ["staff"] };
  expect((await (await come()).browser.who()).kind).toBe("anonymous");
  expect(await nodeops.database.prisma.user.count({ where: { email: "nil@corp.example" } })).toBe(0);
  const open = settings(provider.issuer, { OIDC_AUTO_CREATE: "viewer" });
  expect(open && roleOf(provider.person, open)).toBe("viewer");
});

test("who lost the role is not let in again", async () => {
  provider.person = { sub: "s-3", email: "uma@corp.example", email_verified: true, name: "Uma", groups: ["sre"] };
  expect((await (await come()).browser.who()).kind).toBe("user");
  provider.person.groups = [];
  expect((await (await come()).browser.who()).kind).toBe("anonymous");
});

test("an address at the provider does not open the account that has it here", async () => {
  for (const email_verified of [true, false]) {
    provider.person = { sub: "s-4", email: nodeops.admin.email, email_verified, name: "Mallory", groups: ["leads"] };
    const { browser, location } = await come();
    expect(location).toMatch(/error=account_not_linked/);
    expect((await browser.who()).kind).toBe("anonymous");
  }
});

test("a code that comes back to another browser is refused", async () => {
  const start = await nodeops
    .open()
    .post("/sign-in/social", { provider: "oidc", callbackURL: "/", disableRedirect: true });
  const { url } = (await start.json()) as { url: string };
  const back = (await fetch(url, { redirect: "manual" })).headers.get("location") ?? "";
  const victim = nodeops.open();
  await victim.get(back);
  expect((await victim.who()).kind).toBe("anonymous");
});

test("a disabled person of the provider stays out", async () => {
  await come();
  await nodeops.database.prisma.user.updateMany({
    where: { email: "ola@corp.example" },
    data: { disabledAt: new Date() },
  });
  expect((await (await come()).browser.who()).kind).toBe("anonymous");
  await nodeops.database.prisma.user.updateMany({ where: { email: "ola@corp.example" }, data: { disabledAt: null } });
});

test("with the provider away its sign-in fails in general words; passwords and emergency access go on", async () => {
  const gone = await startProvider();
  await gone.close();
  const other = await testConsole(settings(gone.issuer));
  const browser = other.open();
  const answer = await browser.post("/sign-in/social", { provider: "oidc", callbackURL: "/", disableRedirect: true });
  expect(answer.ok).toBe(false);
  expect(await answer.text()).not.toMatch(/ECONNREFUSED|127\.0\.0\.1/);
  expect((await other.open().signIn(other.admin.email, other.admin.password)).status).toBe(200);
  const { prisma } = other.database;
  const { code } = await openBreakGlass(prisma, { reason: "provider is away", minutes: 5, now: new Date() });
  expect((await browser.post("/sign-in/break-glass", { code })).status).toBe(200);
  expect(await browser.who()).toMatchObject({ grants: [{ role: "admin", selector: "*" }] });
  await other.database.drop();
});

test("a provider that takes calls and never answers holds nobody up who does not need it", async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const other = await testConsole(settings(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`));
  const browser = other.open();
  expect((await browser.signIn(other.admin.email, other.admin.password)).status).toBe(200);
  expect((await browser.who()).kind).toBe("user");
  await other.database.drop();
  silent.closeAllConnections();
  silent.close();
});

test.each([
  [{ OIDC_ISSUER: "http://idp.example", OIDC_CLIENT_ID: "x" }, /OIDC_ISSUER: must be https/],
  [{ OIDC_ISSUER: "https://idp.example" }, /OIDC_CLIENT_ID/],
  [{ OIDC_ISSUER: "https://idp.example", OIDC_CLIENT_ID: "x", OIDC_ROLE_MAP: "sre=root" }, /OIDC_ROLE_MAP/],
  [{ OIDC_ISSUER: "https://idp.example", OIDC_CLIENT_ID: "x", OIDC_AUTO_CREATE: "admin" }, /OIDC_AUTO_CREATE/],
])("wrong settings stop the start: %j", (env, want) => {
  expect(() => readOidc(env)).toThrow(want);
});

test("no settings, no provider", () => {
  expect(readOidc({})).toBeNull();
  expect(URL_OF_CONSOLE).toMatch(/^http:/);
});
