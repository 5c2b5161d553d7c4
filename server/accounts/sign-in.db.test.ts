// Signing in: lockout, one answer for every failure, sessions that rotate, run out and are ended, second factors.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuth } from "./auth.ts";
import { changePassword } from "./change-password.ts";
import { ATTEMPTS_MAX, attemptKey, beginAttempt } from "./lockout.ts";
import { getMe } from "./me.ts";
import { confirmPresence } from "./presence.ts";
import { SESSION_IDLE_MS, SESSION_TTL_MS } from "./schema.ts";
import { listSessions, revokeOtherSessions, revokeSession } from "./sessions.ts";
import { setDisabled, unlockPerson } from "./set-disabled.ts";
import { setRights } from "./set-rights.ts";
import { browser } from "./testing/browser.ts";
import { type Console, SECRET, testConsole, URL_OF_CONSOLE } from "./testing/people.ts";
import { totp } from "./totp.ts";
import { disableTwoFactor, enableTwoFactor, startTwoFactor } from "./two-factor.ts";

let nodeops: Console;
beforeAll(async () => {
  nodeops = await testConsole();
});
afterAll(() => nodeops.database.drop());

const db = () => nodeops.database.prisma;
const trail = (action: string, entityId?: string) =>
  db().auditEvent.findMany({ where: { action, ...(entityId ? { entityId } : {}) }, orderBy: { at: "asc" } });
async function adminCtx() {
  const browser = nodeops.open();
  await browser.signIn(nodeops.admin.email, nodeops.admin.password);
  return browser.ctx();
}
async function failure(response: Promise<Response>) {
  const { status, headers } = await response;
  return { status, body: await (await response).text(), cookies: headers.getSetCookie() };
}

test("a session's cookie is for http only, strict, and never in a body", async () => {
  const browser = nodeops.open();
  const response = await browser.signIn(nodeops.admin.email, nodeops.admin.password);
  expect(response.status).toBe(200);
  const lines = response.headers.getSetCookie().filter((line) => line.startsWith("nodeops.session="));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/HttpOnly/);
  expect(lines[0]).toMatch(/SameSite=Strict/);
  const { token } = await db().session.findFirstOrThrow({ orderBy: { createdAt: "desc" } });
  expect(lines[0]).toContain(token);
  expect(await response.text()).not.toContain(token);
});

test("with https the cookie is bound to this very host", async () => {
  const { prisma } = nodeops.database;
  const url = "https://console.example";
  const auth = createAuth({ prisma, secret: SECRET, publicUrl: url });
  const own = browser({ prisma, auth, url });
  const response = await own.signIn(nodeops.admin.email, nodeops.admin.password);
  const line = response.headers.getSetCookie().find((one) => one.startsWith("__Host-nodeops.session="));
  expect(line).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Strict/);
  expect(line).not.toMatch(/Domain/i);
  expect((await own.who()).kind).toBe("user");
});

test("a forged or foreign cookie is nobody", async () => {
  const browser = nodeops.open();
  await browser.signIn(nodeops.admin.email, nodeops.admin.password);
  const good = browser.cookies.get("nodeops.session") ?? "";
  expect((await browser.who()).kind).toBe("user");
  const token = decodeURIComponent(good).split(".")[0];
  for (const value of [token, `${token}.`, `${token}.AAAA`, `${good}x`, "%E0%A4%A", `x${good}`]) {
    browser.cookies.set("nodeops.session", String(value));
    expect((await browser.who()).kind).toBe("anonymous");
  }
});

test("signing in again makes another session and ends the one the browser had", async () => {
  const browser = nodeops.open();
  await browser.signIn(nodeops.admin.email, nodeops.admin.password);
  const first = browser.cookies.get("nodeops.session");
  await browser.signIn(nodeops.admin.email, nodeops.admin.password);
  expect(browser.cookies.get("nodeops.session")).not.toBe(first);
  const old = nodeops.open();
  old.cookies.set("nodeops.session", String(first));
  expect((await old.who()).kind).toBe("anonymous");
});

test("a session ends when it is idle for too long, and in any case after a day", async () => {
  let at = Date.now();
  const browser = nodeops.open(() => new Date(at));
  await browser.signIn(nodeops.admin.email, nodeops.admin.password);
  for (let hours = 7; hours <= 21; hours += 7) {
    at = Date.now() + hours * 3_600_000;
    expect((await browser.who()).kind).toBe("user"); // used every seven hours
  }
  at = Date.now() + SESSION_TTL_MS + 1_000;
  expect((await browser.who()).kind).toBe("anonymous");

  const idle = nodeops.open(() => new Date(at));
  at = Date.now();
  await idle.signIn(nodeops.admin.email, nodeops.admin.password);
  at = Date.now() + SESSION_IDLE_MS + 60_000;
  expect((await idle.who()).kind).toBe("anonymous");
});

test("whatever was wrong, the answer is the same", async () => {
  const ann = await nodeops.person("Ann", "viewer");
  const gone = await nodeops.person("Gone", "viewer");
  await setDisabled.call(await adminCtx(), { id: gone.id, disabled: true });
  const answers = await Promise.all([
    failure(nodeops.open().signIn(ann.email, "not the password")),
    failure(nodeops.open().signIn("nobody@example.org", "not the password")),
    failure(nodeops.open().signIn(gone.email, gone.password)),
    failure(nodeops.open().signIn("not an address", "not the password")),
  ]);
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(answers[0]).toMatchObject({ status: 401, cookies: [] });
});

test.each(["locked@example.org", "nobody-has-this@example.org"])(
  "five failures lock %s, also with the right password; the trail has two rows",
  async (email) => {
    const person = email.startsWith("locked") ? await nodeops.person("Locked", "viewer") : null;
    for (let i = 0; i < ATTEMPTS_MAX; i += 1)
      expect((await nodeops.open().signIn(email, `wrong ${i} wrong wrong`)).status).toBe(401);
    const response = await failure(nodeops.open().signIn(email, person?.password ?? "whatever it was"));
    expect(response).toEqual(await failure(nodeops.open().signIn("other@example.org", "whatever it was")));
    const id = person?.id ?? attemptKey(email).slice(0, 16);
    expect((await trail("accounts.signIn", id)).filter(({ outcome }) => outcome === "denied")).toHaveLength(1);
    expect(await trail("accounts.lockout", id)).toHaveLength(1);
    if (!person) return;
    await unlockPerson.call(await adminCtx(), { id: person.id });
    expect((await nodeops.open().signIn(email, person.password)).status).toBe(200);
  },
);

test("strangers at the sign-in page keep nobody who is in from confirming", async () => {
  const pia = await nodeops.person("Pia", "viewer");
  for (let i = 0; i < ATTEMPTS_MAX; i += 1) await nodeops.open().signIn(pia.email, `wrong ${i} wrong wrong`);
  expect((await nodeops.open().signIn(pia.email, pia.password)).status).toBe(401);
  await confirmPresence.call(await pia.browser.ctx(), { password: pia.password });
  expect((await nodeops.open().signIn(pia.email, pia.password)).status).toBe(401);
});

test("made-up names do not keep failures of an account out of the trail", async () => {
  const quin = await nodeops.person("Quin", "viewer");
  const at = new Date();
  const fill = (entity: string) =>
    db().auditEvent.createMany({
      data: Array.from({ length: 200 }, (_, i) => ({
        at,
        actor: "anonymous:anonymous",
        actorName: "anonymous",
        action: "accounts.signIn",
        entity,
        entityId: `${entity}-${i}`,
        outcome: "denied",
      })),
    });
  const denied = async () => (await trail("accounts.signIn", quin.id)).filter(({ outcome }) => outcome === "denied");
  await fill("address");
  await nodeops.open().signIn(quin.email, "wrong wrong wrong");
  expect(await denied()).toHaveLength(1);
});

test("a hundred tries at once are no way around the lock", async () => {
  const tries = Array.from({ length: 100 }, () => beginAttempt(db(), "at-once", new Date()));
  const allowed = (await Promise.all(tries)).filter(({ isAllowed }) => isAllowed);
  expect(allowed).toHaveLength(ATTEMPTS_MAX);
});

test("locks double up to an hour, last as long as they say, and are forgotten in time", async () => {
  let at = Date.parse("2026-01-01T00:00:00Z");
  const minutes = (n: number) => n * 60_000;
  const lengths: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    let until: Date | null = null;
    for (let i = 0; i < ATTEMPTS_MAX; i += 1) {
      const attempt = await beginAttempt(db(), "doubling", new Date(at));
      if (!attempt.isAllowed) throw new Error("locked too early");
      until = attempt.lockedUntil;
    }
    lengths.push(((until?.getTime() ?? 0) - at) / minutes(1));
    expect((await beginAttempt(db(), "doubling", new Date((until?.getTime() ?? 0) - 1))).isAllowed).toBe(false);
    at = until?.getTime() ?? 0;
  }
  expect(lengths).toEqual([15, 30, 60, 60]);
  expect(await beginAttempt(db(), "doubling", new Date(at + minutes(61)))).toMatchObject({ isFirst: true });

  for (let i = 0; i < ATTEMPTS_MAX * 2; i += 1)
    expect(await beginAttempt(db(), "slow", new Date(at + i * minutes(5)))).toMatchObject({ lockedUntil: null });
});

test("people see their sessions and end them; the trail says who came and went", async () => {
  const bea = await nodeops.person("Bea", "viewer");
  const phone = nodeops.open();
  await phone.signIn(bea.email, bea.password);
  const rows = await listSessions.call(await bea.browser.ctx(), undefined);
  expect(rows.map(({ isThis }) => isThis).sort()).toEqual([false, true]);
  const other = rows.find(({ isThis }) => !isThis)?.id ?? "";
  const stranger = await nodeops.person("Stranger", "viewer");
  await expect(revokeSession.call(await stranger.browser.ctx(), { id: other })).rejects.toMatchObject({
    code: "not_found",
  });
  expect((await phone.who()).kind).toBe("user");
  await revokeSession.call(await bea.browser.ctx(), { id: other });
  expect((await phone.who()).kind).toBe("anonymous");

  await phone.signIn(bea.email, bea.password);
  await revokeOtherSessions.call(await bea.browser.ctx(), undefined);
  expect((await phone.who()).kind).toBe("anonymous");
  expect((await bea.browser.post("/sign-out", {})).status).toBe(200);
  expect((await bea.browser.who()).kind).toBe("anonymous");
  expect(await db().auditEvent.count({ where: { action: "accounts.signIn", entityId: bea.id, outcome: "done" } })).toBe(
    3,
  );
  expect(await db().auditEvent.count({ where: { action: "accounts.signOut", actor: `user:${bea.id}` } })).toBe(1);
});

test("who gains rights signs in again; who loses some keeps the session without its proof of presence", async () => {
  const cai = await nodeops.person("Cai", "operator");
  expect(await cai.browser.who()).toMatchObject({ verifiedAt: expect.any(Date) });
  await setRights.call(await adminCtx(), { id: cai.id, role: "viewer", grants: [] });
  expect(await cai.browser.who()).toMatchObject({ grants: [{ role: "viewer", selector: "*" }], verifiedAt: null });
  await setRights.call(await adminCtx(), {
    id: cai.id,
    role: "viewer",
    grants: [{ role: "operator", selector: "pool=web" }],
  });
  expect((await cai.browser.who()).kind).toBe("anonymous");
});

test("a one-time password leads nowhere but to a new one, which must be good", async () => {
  const { createPerson } = await import("./create-person.ts");
  const made = await createPerson.call(await adminCtx(), {
    email: "new@example.org",
    name: "New Comer",
    role: "admin",
  });
  const browser = nodeops.open();
  await browser.signIn("new@example.org", made.password);
  expect(await getMe.call(await browser.ctx(), undefined)).toMatchObject({ mustChangePassword: true, permissions: [] });
  await expect(setDisabled.call(await browser.ctx(), { id: made.id, disabled: true })).rejects.toMatchObject({
    code: "forbidden",
  });
  const change = async (next: string) => changePassword.call(await browser.ctx(), { current: made.password, next });
  await expect(change("newcomer newcomer")).rejects.toMatchObject({ details: { password: "personal" } });
  await expect(change("password password 12")).rejects.toMatchObject({ details: { password: "common" } });
  await expect(change(made.password)).rejects.toMatchObject({ details: { password: "same" } });
  await change("herons on a lake at dawn");
  expect(await getMe.call(await browser.ctx(), undefined)).toMatchObject({ mustChangePassword: false, role: "admin" });
  await db().user.update({ where: { id: made.id }, data: { disabledAt: new Date() } });
});

test("a one-time password that nobody used for a week is worth nothing", async () => {
  const { createPerson } = await import("./create-person.ts");
  const { id, password } = await createPerson.call(await adminCtx(), { email: "late@example.org", name: "Late" });
  await db().$executeRaw`UPDATE account SET updated_at = now() - interval '8 days' WHERE user_id = ${id}`;
  expect((await nodeops.open().signIn("late@example.org", password)).status).toBe(401);
});

test("a second factor: set up, asked for at sign-in, each code once, backup codes once, failures lock", async () => {
  const dia = await nodeops.person("Dia", "operator");
  const { uri, backupCodes } = await startTwoFactor.call(await dia.browser.ctx(), undefined);
  expect((await getMe.call(await dia.browser.ctx(), undefined)).hasTwoFactor).toBe(false);
  const secret = fromBase32(new URL(uri).searchParams.get("secret") ?? "");
  const code = (offset = 0) => totp(secret, new Date(), offset);
  await expect(enableTwoFactor.call(await dia.browser.ctx(), { code: "000000" })).rejects.toMatchObject({
    code: "invalid",
  });
  await enableTwoFactor.call(await dia.browser.ctx(), { code: code(-1) });

  const phone = nodeops.open();
  expect(await (await phone.signIn(dia.email, dia.password)).json()).toMatchObject({ twoFactorRedirect: true });
  expect((await phone.who()).kind).toBe("anonymous");
  expect((await phone.post("/two-factor/verify-totp", { code: code(-1) })).status).toBe(401); // used when it was set up
  const response = await phone.post("/two-factor/verify-totp", { code: code(), trustDevice: true });
  expect(response.status).toBe(200);
  expect([...phone.cookies.keys()]).not.toContainEqual(expect.stringContaining("trust"));
  expect((await phone.who()).kind).toBe("user");
  expect((await phone.post("/two-factor/verify-totp", { code: code(1) })).status).toBe(400); // nothing to answer

  const again = nodeops.open();
  await again.signIn(dia.email, dia.password);
  expect((await again.post("/two-factor/verify-totp", { code: code() })).status).toBe(401); // replayed
  expect((await again.post("/two-factor/verify-backup-code", { code: backupCodes[0] })).status).toBe(200);
  const third = nodeops.open();
  await third.signIn(dia.email, dia.password);
  expect((await third.post("/two-factor/verify-backup-code", { code: backupCodes[0] })).status).toBe(401);

  // Guessing codes with the right password runs into the same lock.
  await db().signInFailure.deleteMany();
  const guesser = nodeops.open();
  await guesser.signIn(dia.email, dia.password);
  for (let i = 0; i < ATTEMPTS_MAX; i += 1) await guesser.post("/two-factor/verify-totp", { code: `00000${i}` });
  expect(
    (await db().signInFailure.findUniqueOrThrow({ where: { key: attemptKey(dia.email) } })).lockedUntil,
  ).not.toBeNull();
  await db().signInFailure.deleteMany();

  await expect(confirmPresence.call(await phone.ctx(), { password: dia.password })).rejects.toMatchObject({
    code: "invalid",
  });
  await confirmPresence.call(await phone.ctx(), { password: dia.password, totp: code(1) });
  await disableTwoFactor.call(await phone.ctx(), undefined);
  expect((await nodeops.open().signIn(dia.email, dia.password)).status).toBe(200);
});

test("presence wears off, is renewed by the password, and tries count for the lock", async () => {
  const eve = await nodeops.person("Eve", "admin");
  const target = await nodeops.person("Target", "viewer");
  await db().session.updateMany({
    where: { userId: eve.id },
    data: { verifiedAt: new Date(Date.now() - 16 * 60_000) },
  });
  const disable = async (disabled: boolean) => setDisabled.call(await eve.browser.ctx(), { id: target.id, disabled });
  await expect(disable(true)).rejects.toMatchObject({ code: "forbidden", details: { stepUp: true } });
  await confirmPresence.call(await eve.browser.ctx(), { password: eve.password });
  await disable(true);
  await disable(false);
  for (let i = 0; i < ATTEMPTS_MAX; i += 1)
    await confirmPresence.call(await eve.browser.ctx(), { password: "wrong" }).catch(() => null);
  await expect(confirmPresence.call(await eve.browser.ctx(), { password: eve.password })).rejects.toMatchObject({
    code: "too_many",
  });
  await setRights.call(await adminCtx(), { id: eve.id, role: "viewer", grants: [] });
});

test("only the redirect through the provider signs in from outside", async () => {
  const response = await nodeops.open().post("/sign-in/social", { provider: "google", idToken: { token: "x" } });
  expect(response.status).toBe(400);
  expect(URL_OF_CONSOLE).toContain("localhost");
});

function fromBase32(text: string): string {
  const bits = [...text]
    .map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"))
    .join("");
  return (bits.match(/.{8}/g) ?? []).map((byte) => String.fromCharCode(Number.parseInt(byte, 2))).join("");
}
