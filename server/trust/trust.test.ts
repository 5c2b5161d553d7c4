// The fleet's keys on disk: made once, whose they are, what an interrupted rotation leaves, and what a folder restored in part is told.
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTrust } from "../../protocol/trust.ts";
import { newAuthority, pairText } from "./ca-key.ts";
import { loadTrust, type Trust } from "./document.ts";
import { ensureTrust } from "./ensure.ts";
import { writeOwned } from "./files.ts";
import { finish, introduce, signingKeyAges } from "./rotate.ts";
import { loadSigningKey } from "./signing.ts";
import { newSigningKey } from "./signing-keys.ts";

let dir: string;
const at = new Date("2026-01-02T03:04:05Z");
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "nodeops-trust-files-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const file = (name: string) => readFileSync(join(dir, name), "utf8");
const SECRETS = ["secrets/gateway/ca.pem", "secrets/dispatcher/dispatch.key"];
const PUBLIC = ["public/trust.json", "public/ca.crt"];

test("is made once, and stays what it is", async () => {
  const first = await ensureTrust(dir, at);
  const files = [...SECRETS, ...PUBLIC].map(file);
  expect(await ensureTrust(dir, new Date())).toEqual(first);
  expect([...SECRETS, ...PUBLIC].map(file)).toEqual(files);
  expect(openTrust(first.document, first.content.commandKeys)).toMatchObject({ serial: 1, issuedAt: at.getTime() });
  expect(signingKeyAges(dir)).toEqual([{ keyId: first.content.signer, madeAt: at }]);
});

test("secrets are for their owner only, the rest is for everybody", async () => {
  await ensureTrust(dir, at);
  expect(SECRETS.map((name) => statSync(join(dir, name)).mode & 0o777)).toEqual([0o600, 0o600]);
  expect(PUBLIC.map((name) => statSync(join(dir, name)).mode & 0o777)).toEqual([0o644, 0o644]);
  expect(PUBLIC.map(file).join()).not.toContain("PRIVATE");
});

test.runIf(process.getuid?.() === 0)("a secret belongs to the account whose folder it lies in", async () => {
  mkdirSync(join(dir, "secrets/gateway"), { recursive: true });
  mkdirSync(join(dir, "secrets/dispatcher"), { recursive: true });
  chownSync(join(dir, "secrets/gateway"), 54_321, 54_322);
  chownSync(join(dir, "secrets/dispatcher"), 54_323, 54_324);
  await ensureTrust(dir, at);
  await introduce(dir, "ca", at);
  await introduce(dir, "signing", at);
  expect(SECRETS.map((name) => statSync(join(dir, name)).uid)).toEqual([54_321, 54_323]);
  expect(PUBLIC.map((name) => statSync(join(dir, name)).uid)).toEqual([0, 0]);
});

test.each(SECRETS)("without %s the folder says what is missing and makes no other one", async (name) => {
  await ensureTrust(dir, at);
  rmSync(join(dir, name));
  await expect(ensureTrust(dir, at)).rejects.toThrow("restore it");
  expect(existsSync(join(dir, name))).toBe(false);
});

test("another fleet's keys beside this document are no match", async () => {
  await ensureTrust(dir, at);
  const [ca, key] = SECRETS.map(file);
  writeOwned(join(dir, SECRETS[1] ?? ""), newSigningKey(at), 0o600);
  await expect(ensureTrust(dir, at)).rejects.toThrow("signing key");
  writeOwned(join(dir, SECRETS[1] ?? ""), key ?? "", 0o600);
  writeOwned(join(dir, SECRETS[0] ?? ""), pairText(await newAuthority(at)), 0o600);
  await expect(ensureTrust(dir, at)).rejects.toThrow("a CA");
  writeOwned(join(dir, SECRETS[0] ?? ""), ca ?? "", 0o600);
  await expect(ensureTrust(dir, at)).resolves.toBeDefined();
});

test("each document of a rotation is signed by a key of the one before", async () => {
  const steps: Trust[] = [await ensureTrust(dir, at)];
  steps.push(await introduce(dir, "signing", at));
  steps.push(finish(dir, "signing", at));
  steps.push(await introduce(dir, "ca", at));
  steps.push(await introduce(dir, "signing", at)); // both at once are fine
  steps.push(finish(dir, "ca", at));
  steps.push(finish(dir, "signing", at));
  expect(steps.map(({ content }) => content.serial)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  for (const [i, { document }] of steps.entries()) {
    const before = steps[Math.max(0, i - 1)];
    expect(openTrust(document, before?.content.commandKeys ?? {})).not.toBeNull();
  }
  const [first, , third] = steps;
  const last = steps.at(-1);
  if (!first || !third || !last) throw new Error("steps missing");
  expect(openTrust(third.document, first.content.commandKeys)).not.toBeNull(); // missed the first step
  expect(openTrust(last.document, first.content.commandKeys)).toBeNull(); // missed a whole rotation
});

test("a rotation that was interrupted signs with the key that agents know, and can be begun again", async () => {
  const { content } = await ensureTrust(dir, at);
  const signer = loadSigningKey(dir);
  expect(signer().keyId).toBe(content.signer);
  const before = file("public/trust.json");
  await introduce(dir, "signing", at);
  writeFileSync(join(dir, "public/trust.json"), before); // the document was not written any more
  expect(signer().keyId).toBe(content.signer);
  const again = await introduce(dir, "signing", at);
  expect(Object.keys(again.content.commandKeys)).toHaveLength(2);
  expect(signer().keyId).toBe(again.content.signer);
  finish(dir, "signing", at);
  expect(loadTrust(dir)().content.commandKeys).toEqual({ [signer().keyId]: signer().publicKey });
});
