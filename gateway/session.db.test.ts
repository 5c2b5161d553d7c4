// Sessions over real TLS and WebSocket on a real PostgreSQL: welcome, facts, durable frames exactly once, refusals.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FactData } from "../protocol/facts.ts";
import type { AgentToGateway, WireFact } from "../protocol/messages.ts";
import { readTrust } from "../protocol/trust.ts";
import { removeNode } from "../server/nodes/remove.ts";
import { loadTrust } from "../server/trust/document.ts";
import { connectAs, enrolAt, joinSession, renewAt } from "./testing/agent-client.ts";
import { startTestGateway, type TestGateway } from "./testing/gateway.ts";

let own: TestGateway;
beforeAll(async () => {
  own = await startTestGateway();
});
afterAll(() => own.stop());

const identityFact: FactData["identity"] = {
  hostname: "alpha.example",
  machineId: "m",
  bootId: "b",
  bootedAt: 1,
  os: { id: "debian", name: "Debian GNU/Linux 12", version: "12" },
  kernel: "6.1.0-1",
  arch: "x86_64",
  virtualization: null,
  product: null,
  serial: null,
  cpuModel: "c",
  cpuCount: 4,
  memoryBytes: 8e9,
  swapBytes: 0,
  addresses: ["10.0.0.1", "fe80::1"],
  agentVersion: "1.2.3",
};
const container = (
  id: string,
  state: FactData["containers"][number]["state"] = "running",
): FactData["containers"][number] => ({
  id,
  runtime: "containerd",
  name: `name-${id}`,
  podId: null,
  podName: null,
  podNamespace: null,
  podUid: null,
  image: "busybox",
  imageId: null,
  handler: "runc",
  state,
  exitCode: null,
  reason: null,
  createdAt: Date.now(),
  startedAt: null,
  finishedAt: null,
  pid: 12,
  attempt: 0,
  labels: {},
  cpuLimitMillis: null,
  memoryLimitBytes: null,
});
const fact = (kind: WireFact["kind"], data: unknown, hash = `${kind}-1`): WireFact => ({
  kind,
  hash,
  at: Date.now(),
  data,
  error: null,
});

test("welcomes a node, answers heartbeats, stores facts and projects them", async () => {
  const identity = await own.enrol("alpha");
  const { client, welcome } = await joinSession(own.gateway.port, identity);
  expect(welcome).toMatchObject({ ackedSeq: 0, hashes: {} });
  if (!welcome.trust) throw new Error("no trust document");
  expect(readTrust(welcome.trust)).toMatchObject({ serial: 1 });
  client.send({ type: "heartbeat", at: 42, spooled: 0 });
  expect(await client.next("pulse")).toMatchObject({ echo: 42 });

  const items = [
    fact("identity", identityFact),
    fact("containers", [container("c1"), container("c2", "exited"), container("c2")]),
  ];
  client.send({ type: "facts", batch: 7, items });
  expect(await client.next("facts-ack")).toEqual({ type: "facts-ack", batch: 7 });
  const node = await own.prisma.node.findUniqueOrThrow({ where: { id: identity.nodeId } });
  expect(node).toMatchObject({
    hostname: "alpha.example",
    kernel: "6.1.0-1",
    cpuCount: 4,
    isConnected: true,
    addresses: ["10.0.0.1", "fe80::1"],
    agentVersion: "1.2.3",
    containerCount: 2,
  });
  expect(node.memoryBytes).toBe(8_000_000_000n);

  client.send({ type: "facts", batch: 8, items: [fact("containers", [container("c2", "exited")], "containers-2")] });
  await client.next("facts-ack");
  const rows = await own.prisma.container.findMany({ where: { nodeId: identity.nodeId } });
  expect(rows.map(({ id, state }) => `${id} ${state}`)).toEqual(["c2 exited"]);
  await expect.poll(() => own.inspected).toContain(identity.nodeId);

  client.close();
  await client.closed;
  const again = await joinSession(own.gateway.port, identity);
  expect(again.welcome.hashes).toEqual({ identity: "identity-1", containers: "containers-2" });
  again.client.close();
});

test("keeps a fact that it cannot understand as unknown, and text that PostgreSQL cannot hold", async () => {
  const identity = await own.enrol("odd");
  const { client } = await joinSession(own.gateway.port, identity);
  const items = [
    fact("identity", { ...identityFact, cpuCount: Number.NaN }),
    fact("sysctls", { "kernel.bad": "a\0b", "kernel.\0": "\\u0000 stays" }),
    { ...fact("resources", null), error: "cannot read\0" },
  ];
  client.send({ type: "facts", batch: 1, items });
  await client.next("facts-ack");
  const rows = await own.prisma.nodeFact.findMany({ where: { nodeId: identity.nodeId }, orderBy: { kind: "asc" } });
  expect(rows.map(({ kind, data, error }) => [kind, data, error])).toEqual([
    ["identity", null, expect.stringContaining("not understood: cpuCount")],
    ["resources", null, "cannot read\uFFFD"],
    ["sysctls", { "kernel.bad": "a\uFFFDb", "kernel.\uFFFD": "\\u0000 stays" }, null],
  ]);
  client.close();
});

async function makeCommand(nodeId: string, generation = 1): Promise<{ commandId: string; repairId: string }> {
  const { prisma } = own;
  const repair = await prisma.repair.create({
    data: {
      repairId: "start-runtime",
      nodeId,
      risk: "safe",
      plan: {},
      planHash: "h",
      state: "running",
      requestedBy: "system:test",
      createdAt: new Date(),
    },
  });
  const command = await prisma.command.create({
    data: {
      id: randomUUID(),
      repairId: repair.id,
      nodeId,
      role: "step",
      stepIndex: 0,
      type: "module.restart",
      params: {},
      generation,
      state: "signed",
      payload: Buffer.from("{}"),
      signature: Buffer.from("signature"),
      keyId: loadTrust(own.dataDir)().content.signer,
      issuedAt: new Date(),
      expiresAt: new Date(Date.now() + 60_000),
    },
  });
  return { commandId: command.id, repairId: repair.id };
}
const resultOf = (commandId: string, status: "done" | "failed" = "done") => ({
  commandId,
  status,
  code: null,
  message: "ok",
  changed: true,
  output: {},
  startedAt: 1,
  endedAt: 2,
});

test("hands signed commands over and applies their results exactly once, whatever comes twice or out of order", async () => {
  const identity = await own.enrol("beta");
  const { client } = await joinSession(own.gateway.port, identity);
  const { commandId, repairId } = await makeCommand(identity.nodeId);
  await own.db.pool.query("SELECT pg_notify('nodeops_commands', $1)", [identity.nodeId]);
  const { command } = await client.next("command");
  expect(Buffer.from(command.signature).toString()).toBe("signature");

  client.send({ type: "accepted", commandId });
  const result: AgentToGateway = { type: "durable", seq: 2, body: { type: "result", result: resultOf(commandId) } };
  const events: AgentToGateway = {
    type: "durable",
    seq: 1,
    body: {
      type: "kernel-events",
      bootId: "b",
      events: [{ seq: 5, at: Date.now(), level: 3, facility: 0, message: "oops" }],
    },
  };
  const late: AgentToGateway = {
    type: "durable",
    seq: 3,
    body: { type: "result", result: resultOf(commandId, "failed") },
  };
  for (const frame of [result, events, result, events, late]) client.send(frame);
  await expect.poll(() => client.received.filter((m) => m.type === "ack").at(-1)).toEqual({ type: "ack", seq: 3 });
  for (const frame of [late, result]) client.send(frame); // after they were acknowledged
  client.send({ type: "durable", seq: 4, body: { type: "progress", commandId, at: 1, message: "half" } });
  await expect.poll(() => client.received.filter((m) => m.type === "ack").at(-1)).toEqual({ type: "ack", seq: 4 });

  client.send({ ...late, seq: 5 }); // another result for a command that has ended
  await expect.poll(() => client.received.filter((m) => m.type === "ack").at(-1)).toEqual({ type: "ack", seq: 5 });

  const stored = await own.prisma.command.findUniqueOrThrow({ where: { id: commandId } });
  expect(stored).toMatchObject({ state: "done", result: { status: "done" } });
  expect(stored.acceptedAt).not.toBeNull();
  expect(await own.prisma.kernelEvent.count({ where: { nodeId: identity.nodeId } })).toBe(1);
  await expect.poll(() => own.advanced).toContain(repairId);
  client.close();
});

test("sends unsettled commands again to a node that comes back", async () => {
  const identity = await own.enrol("gamma");
  const first = await joinSession(own.gateway.port, identity);
  const { commandId } = await makeCommand(identity.nodeId);
  await first.client.next("command");
  first.client.send({ type: "accepted", commandId });
  await expect
    .poll(async () => (await own.prisma.command.findUniqueOrThrow({ where: { id: commandId } })).state)
    .toBe("accepted");
  first.client.close();
  const second = await joinSession(own.gateway.port, identity, first.client.epoch);
  await second.client.next("command");
  second.client.close();
});

test("a node can say nothing about another one's commands", async () => {
  const [mine, other] = [await own.enrol("delta"), await own.enrol("epsilon")];
  const { commandId } = await makeCommand(other.nodeId);
  const { client } = await joinSession(own.gateway.port, mine);
  client.send({ type: "accepted", commandId });
  client.send({ type: "durable", seq: 1, body: { type: "result", result: resultOf(commandId) } });
  await client.next("ack");
  expect(await own.prisma.command.findUniqueOrThrow({ where: { id: commandId } })).toMatchObject({
    state: "signed",
    result: null,
  });
  const said = () => own.prisma.auditEvent.findMany({ where: { action: "agents.foreign-command" } });
  await expect.poll(said).toMatchObject([{ outcome: "denied", nodeId: mine.nodeId, entityId: commandId }]);
  client.close();
});

test("lets nobody in without a certificate of its own CA", async () => {
  await expect(connectAs(own.gateway.port, null)).rejects.toThrow("HTTP 401");
  const stranger = await startTestGateway();
  try {
    const foreign = await stranger.enrol("foreign");
    const ca = (await own.enrol("local")).ca;
    await expect(connectAs(own.gateway.port, { ...foreign, ca })).rejects.toThrow("HTTP 401");
  } finally {
    await stranger.stop();
  }
});

test("ends the session of a removed node and refuses it afterwards", async () => {
  const identity = await own.enrol("zeta");
  const { client } = await joinSession(own.gateway.port, identity);
  await removeNode.call(own.ctx, { node: "zeta" });
  expect(await client.next("refused")).toMatchObject({ code: "revoked", retryAfterMs: null });
  await client.closed;
  const again = await connectAs(own.gateway.port, identity);
  again.send({ type: "hello", v: 1, epoch: "e", agentVersion: "0", bootId: "b", at: 0 });
  await again.closed;
  expect(again.received).toMatchObject([{ type: "refused", code: "revoked" }]); // and no welcome before it
  await own.restart();
  const after = await connectAs(own.gateway.port, identity);
  after.send({ type: "hello", v: 1, epoch: "e", agentVersion: "0", bootId: "b", at: 0 });
  expect(await after.next("refused")).toMatchObject({ code: "revoked", retryAfterMs: null });
  expect(await renewAt(own.gateway.port, identity)).toBeNull();
});

test("a revocation that nobody was told of ends the session all the same", async () => {
  const identity = await own.enrol("silent");
  const { client } = await joinSession(own.gateway.port, identity);
  await own.prisma.node.update({ where: { id: identity.nodeId }, data: { revokedAt: new Date() } });
  expect(await client.next("refused")).toMatchObject({ code: "revoked" });
  await client.closed;
});

test("a machine that joins again under its name stays the same node, and its older certificate is dead", async () => {
  const before = await own.enrol("eta");
  const { identity: after } = await enrolAt(own.gateway.port, { token: await own.token(), name: "eta" });
  expect(after?.nodeId).toBe(before.nodeId);
  const old = await connectAs(own.gateway.port, before);
  old.send({ type: "hello", v: 1, epoch: "e", agentVersion: "0", bootId: "b", at: 0 });
  expect(await old.next("refused")).toMatchObject({ code: "revoked" });
  const { answer } = await enrolAt(own.gateway.port, { token: await own.token(), name: "eta", machineId: "another" });
  expect(answer).toMatchObject({ ok: false, code: "name-taken" });
});

test("a renewed certificate takes over when it is first used, and only then is the older one dead", async () => {
  const old = await own.enrol("kappa");
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // certificates know whole seconds
  const lost = await renewAt(own.gateway.port, old);
  const fresh = await renewAt(own.gateway.port, old);
  if (!lost || !fresh) throw new Error("refused");
  (await joinSession(own.gateway.port, old, "e")).client.close(); // it got neither answer: still fine
  (await joinSession(own.gateway.port, fresh, "e")).client.close();
  const late = await connectAs(own.gateway.port, old);
  late.send({ type: "hello", v: 1, epoch: "e", agentVersion: "0", bootId: "b", at: 0 });
  expect(await late.next("refused")).toMatchObject({ code: "revoked" });
  expect(await renewAt(own.gateway.port, old)).toBeNull();
  await removeNode.call(own.ctx, { node: "kappa" });
  expect(await renewAt(own.gateway.port, fresh)).toBeNull();
});

test("a reconnect of the same agent takes its older session's place", async () => {
  const identity = await own.enrol("theta");
  const first = await joinSession(own.gateway.port, identity);
  const second = await joinSession(own.gateway.port, identity, first.client.epoch);
  await first.client.closed;
  second.client.close();
});

test.each([
  ["bytes that are no message", (send: (d: Uint8Array | string) => void) => send(Buffer.from([0xc1, 1, 2]))],
  ["a text frame", (send: (d: Uint8Array | string) => void) => send("hello")],
])("refuses %s and ends the session", async (name, act) => {
  const identity = await own.enrol(`noise-${name.length}`);
  const { client } = await joinSession(own.gateway.port, identity);
  act(client.sendRaw);
  expect(await client.next("refused")).toMatchObject({ code: "malformed" });
  await client.closed;
});

test("ends a session that sends a frame larger than the limit", async () => {
  const identity = await own.enrol("large");
  const { client } = await joinSession(own.gateway.port, identity);
  client.sendRaw(Buffer.alloc(5 * 1024 * 1024));
  expect(await client.closed).toBe(1009);
});

test("a restart of the gateway records nobody as lost", async () => {
  const identity = await own.enrol("iota");
  const { client } = await joinSession(own.gateway.port, identity);
  await own.restart();
  expect(await client.next("drain")).toBeDefined();
  expect(await own.prisma.node.findUniqueOrThrow({ where: { id: identity.nodeId } })).toMatchObject({
    isConnected: true,
    state: "unknown",
  });
  const again = await joinSession(own.gateway.port, identity, client.epoch);
  again.client.close();
});
