// The freeze on its way: pushed at once, told to everybody who connects, and no command leaves while it stands.
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { canonicalJson } from "../protocol/canonical-json.ts";
import { type FreezeLift, freezeBytes, openFreeze, type SignedFreeze } from "../protocol/trust.ts";
import { FREEZE_CHANNEL } from "../server/core/changes.ts";
import { loadTrust } from "../server/trust/document.ts";
import { loadSigningKey } from "../server/trust/signing.ts";
import { type Identity, joinSession } from "./testing/agent-client.ts";
import { startTestGateway, type TestGateway } from "./testing/gateway.ts";

let own: TestGateway;
let identity: Identity;
beforeAll(async () => {
  own = await startTestGateway();
  identity = await own.enrol("still");
});
beforeEach(() => own.prisma.freeze.deleteMany());
afterAll(() => own.stop());

const notify = () => own.db.pool.query("SELECT pg_notify($1, '')", [FREEZE_CHANNEL]);
const said = (freeze: SignedFreeze) => openFreeze(freeze, loadTrust(own.dataDir)().content.commandKeys);

async function freeze(): Promise<number> {
  const { epoch } = await own.prisma.freeze.create({
    data: { reason: "drill", setBy: "user:1", setByName: "one", setAt: new Date() },
  });
  await notify();
  return epoch;
}

/** What the dispatcher writes when enough people have signed; `privateKey` is its own unless told. */
async function lift(epoch: number, privateKey = loadSigningKey(own.dataDir)().privateKey): Promise<void> {
  const payload = Buffer.from(canonicalJson({ v: 1, epoch, frozen: false, issuedAt: Date.now() }));
  const lifted: FreezeLift = {
    payload: payload.toString("base64url"),
    keyId: loadSigningKey(own.dataDir)().keyId,
    signature: sign(null, freezeBytes(payload), privateKey).toString("base64url"),
  };
  await own.prisma.freeze.update({ where: { epoch }, data: { liftedAt: new Date(), lift: lifted } });
  await notify();
}

async function command(): Promise<string> {
  const repair = await own.prisma.repair.create({
    data: {
      repairId: "r",
      nodeId: identity.nodeId,
      risk: "safe",
      plan: {},
      planHash: "h",
      state: "running",
      requestedBy: "system:test",
      createdAt: new Date(),
    },
  });
  const { generation } = await own.prisma.node.update({
    where: { id: identity.nodeId },
    data: { generation: { increment: 1 } },
  });
  const { id } = await own.prisma.command.create({
    data: {
      id: randomUUID(),
      repairId: repair.id,
      nodeId: identity.nodeId,
      role: "step",
      stepIndex: 0,
      type: "module.restart",
      params: {},
      generation,
      state: "signed",
      payload: Buffer.from("{}"),
      signature: Buffer.from("s"),
      keyId: loadTrust(own.dataDir)().content.signer,
      issuedAt: new Date(),
      expiresAt: new Date(Date.now() + 60_000),
    },
  });
  return id;
}

test("a freeze reaches connected agents, then those that connect, and its lift follows with the dispatcher's signature", async () => {
  const { client, welcome } = await joinSession(own.gateway.port, identity);
  expect(said(welcome.freeze)).toMatchObject({ content: { frozen: false }, isSigned: false });
  const epoch = await freeze();
  expect(said((await client.next("freeze")).freeze)).toMatchObject({ content: { frozen: true, epoch } });
  const late = await joinSession(own.gateway.port, await own.enrol("late"));
  expect(said(late.welcome.freeze)).toMatchObject({ content: { frozen: true, epoch } });
  await lift(epoch);
  expect(said((await client.next("freeze")).freeze)).toMatchObject({
    content: { frozen: false, epoch },
    isSigned: true,
  });
  client.close();
  late.client.close();
});

test("a lift that the dispatcher's key has not signed opens nothing: agents get it, and see that it is not signed", async () => {
  const { client } = await joinSession(own.gateway.port, identity);
  const epoch = await freeze();
  await client.next("freeze");
  await lift(epoch, generateKeyPairSync("ed25519").privateKey);
  expect(said((await client.next("freeze")).freeze)).toMatchObject({ isSigned: false });
  client.close();
});

test("a freeze marked as lifted without any signature still stands", async () => {
  const epoch = await freeze();
  await own.prisma.freeze.update({ where: { epoch }, data: { liftedAt: new Date() } });
  await own.restart();
  const { client, welcome } = await joinSession(own.gateway.port, identity);
  expect(said(welcome.freeze)).toMatchObject({ content: { frozen: true, epoch } });
  client.close();
});

test("an older freeze that still stands is not hidden by a newer one that was lifted", async () => {
  const first = await freeze();
  await lift(await freeze());
  await own.restart();
  const { client, welcome } = await joinSession(own.gateway.port, identity);
  expect(said(welcome.freeze)).toMatchObject({ content: { frozen: true, epoch: first } });
  client.close();
});

test("no command leaves while the fleet is frozen, also none to an agent that connects, and all of them afterwards", async () => {
  const { client } = await joinSession(own.gateway.port, identity);
  const epoch = await freeze();
  await client.next("freeze");
  await command();
  await own.db.pool.query("SELECT pg_notify('nodeops_commands', $1)", [identity.nodeId]);
  client.close();
  await client.closed;
  const again = await joinSession(own.gateway.port, identity, client.epoch);
  // Two answers later than the poll that would have delivered it.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  again.client.send({ type: "heartbeat", at: 1, spooled: 0 });
  await again.client.next("pulse");
  expect([...client.received, ...again.client.received].filter(({ type }) => type === "command")).toEqual([]);
  await lift(epoch);
  expect(await again.client.next("command")).toBeDefined();
  again.client.close();
});
