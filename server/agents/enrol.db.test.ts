// Enrolment on a real PostgreSQL: who gets in, once, and what is left behind.
import { randomUUID, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeRequest } from "../../gateway/testing/agent-client.ts";
import type { EnrolResponse } from "../../protocol/messages.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { writeBeat } from "../core/beat.ts";
import { type Context, systemActor } from "../core/context.ts";
import { removeNode } from "../nodes/remove.ts";
import { loadTrust, type Trust } from "../trust/document.ts";
import { ensureTrust } from "../trust/ensure.ts";
import { type Authority, openAuthority } from "./ca.ts";
import { createJoinTokenWith } from "./create-join-token.ts";
import { type Enrol, enrolment } from "./enrol.ts";
import { listJoinTokens } from "./list-join-tokens.ts";
import { revokeJoinToken } from "./revoke-join-token.ts";

let db: TestDatabase;
let dataDir: string;
let authority: Authority;
let trust: () => Trust;
let createJoinToken: ReturnType<typeof createJoinTokenWith>;
let enrol: (body: unknown) => ReturnType<Enrol>;
let ctx: Context;
let csr: string;

beforeAll(async () => {
  db = await testDatabase();
  dataDir = mkdtempSync(join(tmpdir(), "nodeops-enrol-test-"));
  await ensureTrust(dataDir, new Date());
  trust = loadTrust(dataDir);
  createJoinToken = createJoinTokenWith({ trust, bundle: () => null });
  authority = await openAuthority(dataDir, trust().content);
  const service = enrolment({ db: db.prisma, authority: () => authority, trust });
  enrol = (body) => service(body, "192.0.2.7");
  ctx = { db: db.prisma, actor: systemActor("test"), now: () => new Date(), requestId: null };
  const detail = () => ({
    url: "https://gateway:7443",
    sessions: 0,
  });
  await writeBeat(db.pool, { name: "gateway", version: "0", detail });
  ({ csr } = await makeRequest());
});
afterAll(async () => {
  await db.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

const ask = (token: string, name: string, machineId = `m-${name}`): Promise<EnrolResponse> =>
  enrol({ token, csr, name, machineId, bootId: "b", agentVersion: "1" });
const make = (input: Parameters<typeof createJoinToken.call>[1] = {}) => createJoinToken.call(ctx, input);

test("a single-use token makes exactly one node of 200 attempts at once", async () => {
  const { token, id } = await make({ pool: "edge", labels: { zone: "z1", rack: "r7", team: "x" } });
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => ask(token, `storm-${i}`)));
  const winners = answers.filter((answer) => answer.ok);
  expect(winners).toHaveLength(1);
  expect(new Set(answers.map((answer) => (answer.ok ? "ok" : answer.code)))).toEqual(new Set(["ok", "used-up"]));
  const nodes = await db.prisma.node.findMany({ where: { name: { startsWith: "storm-" } } });
  expect(nodes).toHaveLength(1);
  expect(nodes[0]).toMatchObject({ pool: "edge", zone: "z1", rack: "r7", labels: { team: "x" }, state: "unknown" });
  expect(
    await db.prisma.auditEvent.findMany({ where: { action: "agents.enrol", entityId: nodes[0]?.id } }),
  ).toMatchObject([{ actor: "system:gateway", outcome: "done" }]);
  expect((await listJoinTokens.call(ctx, {})).find((row) => row.id === id)?.uses).toBe(1);
});

test("a token for three makes three", async () => {
  const { token } = await make({ maxUses: 3 });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(token, `three-${i}`)));
  expect(answers.filter((answer) => answer.ok)).toHaveLength(3);
});

test("the certificate names the node, whatever was asked for, and is for clients only", async () => {
  const answer = await ask((await make()).token, "named");
  if (!answer.ok) throw new Error(answer.message);
  const certificate = new X509Certificate(answer.certificate);
  expect(certificate.subject).toBe(`CN=${answer.nodeId}`);
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  expect(certificate.checkIssued(new X509Certificate(trust().content.cas[0] ?? ""))).toBe(true);
  expect(answer.trust).toEqual(trust().json);
  const node = await db.prisma.node.findUniqueOrThrow({ where: { id: answer.nodeId } });
  expect(node.certificateSerial).toBe(certificate.serialNumber);
  expect(node.certificateExpiresAt).toEqual(certificate.validToDate);
});

test("refusals are typed and leave the token its use", async () => {
  const { token, id } = await make();
  const other = await make();
  const forged = `nodeops1.${Buffer.from(JSON.stringify({ id, secret: "guess", ca: "f".repeat(64), key: "f".repeat(64) })).toString("base64url")}`;
  expect(await ask("nodeops1.nonsense", "r")).toMatchObject({ code: "bad-token" });
  expect(await ask(forged, "r")).toMatchObject({ code: "bad-token" });
  expect(await enrol({ token })).toMatchObject({ code: "malformed" });
  expect(
    await enrol({ token, csr: "-----BEGIN", name: "r", machineId: "m", bootId: "b", agentVersion: "1" }),
  ).toMatchObject({ code: "malformed" });
  const { csr: big } = await makeRequest("P-384");
  expect(await enrol({ token, csr: big, name: "r", machineId: "m", bootId: "b", agentVersion: "1" })).toMatchObject({
    code: "malformed",
  });
  expect(await ask(token, "no/slash name")).toMatchObject({ code: "malformed" });
  expect(await ask(other.token, "taken")).toMatchObject({ ok: true });
  expect(await ask(token, "taken", "another machine")).toMatchObject({ code: "name-taken" });
  expect(await ask(token, "refused-then-fine")).toMatchObject({ ok: true });
  const past = { ...ctx, now: () => new Date(Date.now() - 3 * 60 * 60_000) };
  expect(await ask((await createJoinToken.call(past, {})).token, "r")).toMatchObject({ code: "expired" });
  const revoked = await make();
  await revokeJoinToken.call(ctx, { id: revoked.id });
  expect(await ask(revoked.token, "r")).toMatchObject({ code: "bad-token" });
});

test("the same machine under its name stays one node; after its removal it is a new one", async () => {
  const first = await ask((await make()).token, "again");
  const second = await ask((await make()).token, "again");
  if (!first.ok || !second.ok) throw new Error("refused");
  expect(second.nodeId).toBe(first.nodeId);
  await removeNode.call(ctx, { node: "again" });
  const third = await ask((await make()).token, "again");
  expect(third).toMatchObject({ ok: true });
  expect(third.ok && third.nodeId).not.toBe(first.nodeId);
});

test("two machines that take one new name at once do not become one node", async () => {
  const { token } = await make({ maxUses: 10 });
  const name = randomUUID();
  const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(token, name, `machine-${i}`)));
  expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
  expect(answers.filter((answer) => !answer.ok && answer.code === "name-taken")).toHaveLength(9);
});

test("the gateway's certificate has its name, and its key is for its owner only", async () => {
  const identity = await authority.serverIdentity(new Date());
  expect(new X509Certificate(identity.chain).checkHost("gateway.nodeops.internal")).toBeDefined();
  expect(statSync(join(dataDir, "secrets/gateway/gateway.pem")).mode & 0o777).toBe(0o600);
});

test("the gateway's certificate is kept until it nears its end", async () => {
  const first = await authority.serverIdentity(new Date());
  expect((await authority.serverIdentity(new Date())).chain).toBe(first.chain);
  expect((await authority.serverIdentity(new Date(Date.now() + 65 * 24 * 3_600_000))).chain).not.toBe(first.chain);
});
