// The database goes away and comes back while agents are connected: sessions stay, nothing is acknowledged before it is stored, nothing is lost.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentToGateway } from "../protocol/messages.ts";
import { checkpointSessions, closeSessions, findUnheard, markOverdue } from "../server/agents/sessions.ts";
import { joinSession } from "./testing/agent-client.ts";
import { type CutProxy, startCutProxy } from "./testing/cut-proxy.ts";
import { startTestGateway, type TestGateway } from "./testing/gateway.ts";

let own: TestGateway;
let proxy: CutProxy;
beforeAll(async () => {
  own = await startTestGateway(async (url) => {
    proxy = await startCutProxy(url);
    return proxy.url;
  });
});
afterAll(async () => {
  await own.stop();
  await proxy.close();
});

const events = (seq: number): AgentToGateway => ({
  type: "durable",
  seq,
  body: {
    type: "kernel-events",
    bootId: "b",
    events: [{ seq, at: Date.now(), level: 4, facility: 0, message: `line ${seq}` }],
  },
});

test("keeps frames and sessions while the database is away, and stores each once when it is back", async () => {
  const identity = await own.enrol("alpha");
  const { client } = await joinSession(own.gateway.port, identity);
  client.send(events(1));
  await client.next("ack");

  proxy.cut();
  for (const seq of [2, 3, 4]) client.send(events(seq));
  client.send({
    type: "facts",
    batch: 1,
    items: [{ kind: "sysctls", hash: "s1", at: Date.now(), data: { a: "1" }, error: null }],
  });
  client.send({
    type: "facts",
    batch: 2,
    items: [{ kind: "sysctls", hash: "s2", at: Date.now(), data: { a: "2" }, error: null }],
  });
  // Pulses answer in order: after the third one the frames above were taken in and tried for some time.
  for (const at of [1, 2, 3]) {
    client.send({ type: "heartbeat", at, spooled: 3 });
    expect((await client.next("pulse")).echo).toBe(at);
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  expect(client.received.filter(({ type }) => type === "ack" || type === "facts-ack")).toHaveLength(1);

  proxy.mend();
  await expect
    .poll(() => client.received.filter(({ type }) => type === "ack").at(-1), { timeout: 15_000 })
    .toEqual({ type: "ack", seq: 4 });
  expect(client.received.filter(({ type }) => type === "facts-ack")).toHaveLength(2);
  expect(await own.prisma.kernelEvent.count({ where: { nodeId: identity.nodeId } })).toBe(4);
  expect(
    await own.prisma.nodeFact.findMany({ where: { nodeId: identity.nodeId }, select: { hash: true, data: true } }),
  ).toEqual([{ hash: "s2", data: { a: "2" } }]);
  expect(await own.prisma.node.findUniqueOrThrow({ where: { id: identity.nodeId } })).toMatchObject({
    isConnected: true,
    state: "unknown",
  });
  client.close();
});

test("a session that is lost is recorded, a newer one of the same node is not undone by it", async () => {
  const identity = await own.enrol("beta");
  const first = await joinSession(own.gateway.port, identity);
  const { sessionEpoch: firstKey } = await own.prisma.node.findUniqueOrThrow({ where: { id: identity.nodeId } });
  const second = await joinSession(own.gateway.port, identity, first.client.epoch);
  expect(await closeSessions(own.db.pool, [{ nodeId: identity.nodeId, key: firstKey ?? "", at: new Date() }])).toEqual(
    [],
  );
  second.client.close();
  await expect
    .poll(async () => (await own.prisma.node.findUniqueOrThrow({ where: { id: identity.nodeId } })).isConnected, {
      timeout: 5_000,
    })
    .toBe(false);
});

test("overdue nodes are marked once, unless they are heard in the meantime; a session ends it", async () => {
  const [silent, back] = [await own.enrol("gamma"), await own.enrol("delta")];
  const now = new Date();
  expect(await findUnheard(own.db.pool, now)).toEqual(expect.arrayContaining([silent.nodeId, back.nodeId]));
  const { client } = await joinSession(own.gateway.port, back);
  expect(await markOverdue(own.db.prisma, [silent.nodeId, back.nodeId], now)).toEqual([
    { nodeId: silent.nodeId, from: "unknown", to: "not_reporting" },
  ]);
  expect(await findUnheard(own.db.pool, now)).not.toContain(silent.nodeId);
  const again = await joinSession(own.gateway.port, silent);
  await expect
    .poll(async () => (await own.prisma.node.findUniqueOrThrow({ where: { id: silent.nodeId } })).state)
    .toBe("unknown");
  for (const one of [client, again.client]) one.close();
});

test("a checkpoint moves the last contact and takes one sample a minute from the stored facts", async () => {
  const identity = await own.enrol("epsilon");
  const { client } = await joinSession(own.gateway.port, identity);
  const filesystem = (usedRatio: number, readOnly: boolean) => ({
    mountPoint: "/",
    device: "d",
    type: "ext4",
    totalBytes: 1,
    usedBytes: 1,
    availableBytes: 0,
    usedRatio,
    inodesTotal: 1,
    inodesUsed: 0,
    inodesUsedRatio: 0,
    readOnly,
    error: null,
    holds: [],
  });
  const items = [
    {
      kind: "filesystems" as const,
      hash: "f",
      at: Date.now(),
      data: [filesystem(0.4, false), filesystem(1, true)],
      error: null,
    },
  ];
  client.send({ type: "facts", batch: 1, items });
  await client.next("facts-ack");
  const at = new Date(Date.now() + 3_600_000);
  for (const _ of [1, 2]) await checkpointSessions(own.db.pool, [{ nodeId: identity.nodeId, at }], at);
  expect((await own.prisma.node.findUniqueOrThrow({ where: { id: identity.nodeId } })).lastSeenAt).toEqual(at);
  const samples = await own.prisma.nodeSample.findMany({ where: { nodeId: identity.nodeId } });
  expect(samples).toMatchObject([{ diskUsedRatio: 0.4, cpuUsedRatio: null, containerCount: 0 }]);
  client.close();
});
