// Passkeys: added and used with a real key over the real checks; everything that is not exactly right is refused, and uses its challenge up.
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHALLENGE_TTL_MS } from "./passkey-challenge.ts";
import { addPasskey, listPasskeys, passkeyOptions, presenceOptions, removePasskey, renamePasskey } from "./passkeys.ts";
import { confirmPresence } from "./presence.ts";
import { provideAccounts } from "./runtime.ts";
import { authenticator, type Fault } from "./testing/authenticator.ts";
import { type Console, type Member, testConsole, URL_OF_CONSOLE } from "./testing/people.ts";

let nodeops: Console;
let ann: Member;
let bob: Member;
const device = authenticator(URL_OF_CONSOLE);
beforeAll(async () => {
  nodeops = await testConsole();
  ann = await nodeops.person("Ann", "operator");
  bob = await nodeops.person("Bob", "operator");
});
afterAll(() => nodeops.database.drop());

const db = () => nodeops.database.prisma;
const later = async (member: Member, ms: number) => {
  const ctx = await member.browser.ctx();
  const now = ctx.now();
  return { ...ctx, now: () => new Date(now.getTime() + ms) };
};
const calm = () => db().signInFailure.deleteMany();

test.each<[string, Fault]>([
  ["another site's", { origin: "http://evil.example" }],
  ["one for another host", { rpId: "evil.example" }],
  ["one without a finger, face or PIN", { isVerified: false }],
])("%s passkey is not added", async (_name, fault) => {
  const options = await passkeyOptions.call(await ann.browser.ctx(), undefined);
  const response = device.register(options, fault);
  await expect(addPasskey.call(await ann.browser.ctx(), { name: "x", response })).rejects.toMatchObject({
    code: "invalid",
  });
});

test("a passkey is added by its person, with a challenge that counts once, for a while, for nobody and nothing else", async () => {
  const options = await passkeyOptions.call(await ann.browser.ctx(), undefined);
  expect(options).toMatchObject({ rp: { id: "localhost" }, authenticatorSelection: { userVerification: "required" } });
  const response = device.register(options);
  const add = (ctx: Parameters<typeof addPasskey.call>[0]) => addPasskey.call(ctx, { name: "laptop", response });
  await expect(add(await bob.browser.ctx())).rejects.toMatchObject({ code: "invalid" });
  await expect(add(await later(ann, CHALLENGE_TTL_MS + 1))).rejects.toMatchObject({ code: "invalid" });
  await add(await ann.browser.ctx());
  await expect(add(await ann.browser.ctx())).rejects.toMatchObject({ code: "invalid" });
  const other = await presenceOptions.call(await ann.browser.ctx(), undefined);
  const foreign = authenticator(URL_OF_CONSOLE).register(other);
  await expect(addPasskey.call(await ann.browser.ctx(), { name: "x", response: foreign })).rejects.toMatchObject({
    code: "invalid",
  });
  expect(await listPasskeys.call(await ann.browser.ctx(), undefined)).toMatchObject([
    { id: device.id, name: "laptop", approval: "none" },
  ]);
  expect(await listPasskeys.call(await bob.browser.ctx(), undefined)).toEqual([]);
});

test("a passkey proves presence", async () => {
  await db().session.updateMany({ where: { userId: ann.id }, data: { verifiedAt: null } });
  const passkey = device.answer(await presenceOptions.call(await ann.browser.ctx(), undefined));
  await confirmPresence.call(await ann.browser.ctx(), { passkey });
  expect(await ann.browser.who()).toMatchObject({ verifiedAt: expect.any(Date) });
  await expect(confirmPresence.call(await ann.browser.ctx(), { passkey })).rejects.toMatchObject({ code: "invalid" });
  await calm();
});

test.each<[string, Fault]>([
  ["from another site", { origin: "http://evil.example" }],
  ["for another host", { rpId: "evil.example" }],
  ["without a finger, face or PIN", { isVerified: false }],
  ["of a copied key (its counter went back)", { counter: 1 }],
])("an answer %s proves nothing", async (_name, fault) => {
  const passkey = device.answer(await presenceOptions.call(await ann.browser.ctx(), undefined), fault);
  await expect(confirmPresence.call(await ann.browser.ctx(), { passkey })).rejects.toMatchObject({ code: "invalid" });
  await calm();
});

test("nobody proves presence with another's passkey, and tries count for the lock", async () => {
  for (let i = 0; i < 5; i += 1) {
    const passkey = device.answer(await presenceOptions.call(await bob.browser.ctx(), undefined));
    await expect(confirmPresence.call(await bob.browser.ctx(), { passkey })).rejects.toMatchObject({ code: "invalid" });
  }
  await expect(confirmPresence.call(await bob.browser.ctx(), { password: bob.password })).rejects.toMatchObject({
    code: "too_many",
  });
  await calm();
});

test("a passkey that signs approvals is not removed here; any other is, by its person only", async () => {
  const at = new Date();
  const key = { id: device.id, type: "webauthn", person: `user:${ann.id}`, personName: "Ann", publicKey: "" };
  await db().approvalKey.create({ data: { ...key, state: "active", requestedAt: at, changedAt: at } });
  const remove = async (member: Member) => removePasskey.call(await member.browser.ctx(), { id: device.id });
  await expect(remove(ann)).rejects.toMatchObject({ code: "conflict", details: { signsApprovals: true } });
  expect((await listPasskeys.call(await ann.browser.ctx(), undefined))[0]?.approval).toBe("active");
  await db().approvalKey.updateMany({ data: { state: "removed" } });
  await expect(remove(bob)).rejects.toMatchObject({ code: "not_found" });
  await expect(renamePasskey.call(await bob.browser.ctx(), { id: device.id, name: "mine" })).rejects.toMatchObject({
    code: "not_found",
  });
  await renamePasskey.call(await ann.browser.ctx(), { id: device.id, name: "old laptop" });
  await remove(ann);
  expect(await db().passkey.count()).toBe(0);
});

test("a console published by an IP address says that passkeys need a name", async () => {
  provideAccounts({ auth: nodeops.auth, prisma: db(), publicUrl: "http://192.0.2.1:7080" });
  await expect(passkeyOptions.call(await ann.browser.ctx(), undefined)).rejects.toMatchObject({ code: "conflict" });
  provideAccounts({ auth: nodeops.auth, prisma: db(), publicUrl: URL_OF_CONSOLE });
});
