// Two machines with one identity: neither is believed, and only a fresh token for one of them ends it. Reinstalled and restored machines are no copies.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { releaseNode } from "../server/nodes/release.ts";
import { loadTrust } from "../server/trust/document.ts";
import { connectAs, enrolAt, type Identity, joinSession, renewAt } from "./testing/agent-client.ts";
import { startTestGateway, type TestGateway } from "./testing/gateway.ts";

let own: TestGateway;
beforeAll(async () => {
  own = await startTestGateway();
});
afterAll(() => own.stop());

const nodeOf = (identity: Identity) => own.prisma.node.findUniqueOrThrow({ where: { id: identity.nodeId } });

/** Says hello with this epoch; ends with the gateway's refusal. */
async function refusalOf(identity: Identity, epoch: string = randomUUID()) {
  const client = await connectAs(own.gateway.port, identity, epoch);
  client.send({ type: "hello", v: 1, epoch, agentVersion: "0", bootId: "b", at: 0 });
  const refusal = await client.next("refused");
  await client.closed;
  expect(client.received.filter(({ type }) => type === "welcome")).toEqual([]);
  return refusal;
}

/** One start of an agent, from connect to close. */
async function visit(identity: Identity, epoch: string): Promise<void> {
  const { client } = await joinSession(own.gateway.port, identity, epoch);
  client.close();
  await client.closed;
}

test("two live machines with one identity are both refused, also after a restart of the gateway, and it is in the trail", async () => {
  const identity = await own.enrol("twins");
  const first = await joinSession(own.gateway.port, identity);
  expect(await refusalOf(identity)).toMatchObject({ code: "quarantined", retryAfterMs: expect.any(Number) });
  expect(await first.client.next("refused")).toMatchObject({ code: "quarantined" });
  await first.client.closed;
  expect(await nodeOf(identity)).toMatchObject({ quarantineReason: "two-sessions", quarantinedAt: expect.any(Date) });
  expect(
    await own.prisma.auditEvent.findMany({ where: { action: "agents.quarantine", nodeId: identity.nodeId } }),
  ).toMatchObject([{ outcome: "done", actor: "system:gateway", address: expect.stringContaining("127.0.0.1") }]);
  await own.restart();
  expect(await refusalOf(identity, first.client.epoch)).toMatchObject({ code: "quarantined" });
  expect(await renewAt(own.gateway.port, identity)).toBeNull();
});

test("an agent that comes back after another one took its place is a copy, even with the younger certificate", async () => {
  const identity = await own.enrol("snapshot");
  await visit(identity, "before");
  await visit(identity, "after");
  expect(await refusalOf(identity, "before")).toMatchObject({ code: "quarantined" });
  expect(await nodeOf(identity)).toMatchObject({ quarantineReason: "came-back" });

  const renewing = await own.enrol("renewed-copy");
  await visit(renewing, "original");
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // certificates know whole seconds
  const copy = await renewAt(own.gateway.port, renewing);
  if (!copy) throw new Error("refused");
  await visit(copy, "copy");
  expect(await refusalOf(renewing, "original")).toMatchObject({ code: "quarantined" });
});

test("restarts, reinstalls and a machine put back from a snapshot that starts anew are no copies", async () => {
  const identity = await own.enrol("honest");
  for (let start = 0; start < 20; start += 1) await visit(identity, `start-${start}`);
  await visit(identity, "start-19");
  const { identity: reinstalled } = await enrolAt(own.gateway.port, { token: await own.token(), name: "honest" });
  if (!reinstalled) throw new Error("refused");
  await visit(reinstalled, "start-3"); // the older identity's starts say nothing about this one
  expect((await nodeOf(identity)).quarantinedAt).toBeNull();
  expect((await nodeOf(identity)).epochs).toEqual(["start-3"]);
});

test("a machine that joins again while its older agent is still connected takes over and is no twin", async () => {
  const old = await own.enrol("rejoin");
  const first = await joinSession(own.gateway.port, old);
  const { identity: fresh } = await enrolAt(own.gateway.port, { token: await own.token(), name: "rejoin" });
  if (!fresh) throw new Error("refused");
  const second = await joinSession(own.gateway.port, fresh);
  await first.client.closed;
  expect((await nodeOf(old)).quarantinedAt).toBeNull();
  second.client.close();
});

test("a quarantined node gets no commands, says nothing, and its session ends wherever it is", async () => {
  const identity = await own.enrol("cut-off");
  const { client } = await joinSession(own.gateway.port, identity);
  await own.prisma.node.update({
    where: { id: identity.nodeId },
    data: { quarantinedAt: new Date(), quarantineReason: "two-sessions" },
  });
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
  await own.prisma.command.create({
    data: {
      id: randomUUID(),
      repairId: repair.id,
      nodeId: identity.nodeId,
      role: "step",
      stepIndex: 0,
      type: "module.restart",
      params: {},
      generation: 1,
      state: "signed",
      payload: Buffer.from("{}"),
      signature: Buffer.from("s"),
      keyId: loadTrust(own.dataDir)().content.signer,
      issuedAt: new Date(),
      expiresAt: new Date(Date.now() + 60_000),
    },
  });
  await own.db.pool.query("SELECT pg_notify('nodeops_commands', $1)", [identity.nodeId]);
  expect(await client.next("refused")).toMatchObject({ code: "quarantined" });
  await client.closed;
  expect(client.received.filter(({ type }) => type === "command")).toEqual([]);
});

test("a release lets the next machine with a fresh token in, and neither of the two before it", async () => {
  const identity = await own.enrol("released");
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // certificates know whole seconds
  const younger = await renewAt(own.gateway.port, identity); // which neither of the two has used yet
  if (!younger) throw new Error("refused");
  const first = await joinSession(own.gateway.port, identity);
  await refusalOf(identity);
  await first.client.closed;
  const early = await enrolAt(own.gateway.port, { token: await own.token(), name: "released" });
  expect(early.answer).toMatchObject({ ok: false, code: "quarantined" });
  await expect(releaseNode.call(own.ctx, { node: "honest" })).rejects.toMatchObject({ code: "conflict" });
  await releaseNode.call(own.ctx, { node: "released" });
  expect(await refusalOf(identity, first.client.epoch)).toMatchObject({ code: "revoked" });
  expect(await refusalOf(younger)).toMatchObject({ code: "revoked" });
  expect(await renewAt(own.gateway.port, identity)).toBeNull();

  const tokens = await Promise.all(Array.from({ length: 6 }, () => own.token()));
  const answers = await Promise.all(
    tokens.map((token, i) => enrolAt(own.gateway.port, { token, name: "released", machineId: `machine ${i}` })),
  );
  const [winner, ...others] = answers.flatMap(({ identity: one }) => one ?? []);
  expect(others).toEqual([]);
  expect(winner?.nodeId).toBe(identity.nodeId);
  if (winner) await visit(winner, "fresh");
  expect(await refusalOf(identity)).toMatchObject({ code: "revoked" });
  expect((await nodeOf(identity)).quarantinedAt).toBeNull();
});
