// The hot path over real TLS: heartbeats answered at the end of a turn, in their order among other frames, and only in an open session; and what no notification told.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encode } from "../protocol/codec.ts";
import { registry } from "../server/core/metrics.ts";
import { loadTrust } from "../server/trust/document.ts";
import { connectAs, joinSession } from "./testing/agent-client.ts";
import { startTestGateway, type TestGateway } from "./testing/gateway.ts";

let own: TestGateway;
beforeAll(async () => {
  own = await startTestGateway();
});
afterAll(() => own.stop());

async function counted(): Promise<number> {
  const metric = await registry.getSingleMetric("nodeops_requests_success_total")?.get();
  return metric?.values.find(({ labels }) => labels.interface === "heartbeat")?.value ?? 0;
}

test("each heartbeat that comes by itself is answered, with its own time", async () => {
  const { client } = await joinSession(own.gateway.port, await own.enrol("regular"));
  const begin = Date.now();
  for (let i = 0; i < 5; i += 1) {
    client.send({ type: "heartbeat", at: begin + i, spooled: i * 100 });
    const pulse = await client.next("pulse");
    expect(pulse.echo).toBe(begin + i);
    expect(pulse.at).toBeGreaterThanOrEqual(begin);
  }
  client.close();
});

test("many at once are all counted, and the last answer stands for all of them", async () => {
  const { client } = await joinSession(own.gateway.port, await own.enrol("burst"));
  const before = await counted();
  const begin = Date.now();
  for (let i = 0; i < 500; i += 1) client.send({ type: "heartbeat", at: begin + i, spooled: 0 });
  const echoes = () => client.received.flatMap((message) => (message.type === "pulse" ? [message.echo] : []));
  await expect.poll(() => echoes().at(-1)).toBe(begin + 499);
  expect(echoes()).toEqual(echoes().toSorted((a, b) => a - b));
  expect((await counted()) - before).toBe(500);
  client.close();
});

test("sessions do not get each other's answers", async () => {
  const joined = await Promise.all(
    ["one", "two", "three"].map(async (name) => joinSession(own.gateway.port, await own.enrol(`side-${name}`))),
  );
  const begin = Date.now();
  for (let turn = 0; turn < 20; turn += 1)
    for (const [i, { client }] of joined.entries())
      client.send({ type: "heartbeat", at: begin + turn * 10 + i, spooled: 0 });
  for (const [i, { client }] of joined.entries()) {
    const echoes = () => client.received.flatMap((message) => (message.type === "pulse" ? [message.echo - begin] : []));
    await expect.poll(() => echoes().at(-1)).toBe(190 + i);
    expect(echoes().every((echo) => echo % 10 === i)).toBe(true);
    client.close();
  }
});

test("before the welcome a heartbeat is refused as any other frame is", async () => {
  const identity = await own.enrol("early");
  const client = await connectAs(own.gateway.port, identity);
  client.sendRaw(encode({ type: "heartbeat", at: Date.now(), spooled: 0 }));
  expect(await client.next("refused")).toMatchObject({ code: "malformed" });
  await client.closed;
  expect(client.received.filter(({ type }) => type === "pulse")).toEqual([]);
});

test("a signed command that nobody was told of is handed over once, and one that expired is not", async () => {
  const identity = await own.enrol("unannounced");
  const { client } = await joinSession(own.gateway.port, identity);
  await signed(identity.nodeId, 1, -1_000);
  await signed(identity.nodeId, 2, 60_000);
  const command = await client.next("command");
  expect(Buffer.from(command.command.payload).toString()).toBe("2");
  await new Promise((resolve) => setTimeout(resolve, 2_500)); // one more look
  expect(client.received.filter(({ type }) => type === "command")).toHaveLength(1);
  client.close();
});

async function signed(nodeId: string, generation: number, forMs: number): Promise<void> {
  const repair = await own.prisma.repair.create({
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
  await own.prisma.command.create({
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
      payload: Buffer.from(String(generation)),
      signature: Buffer.from("signature"),
      keyId: loadTrust(own.dataDir)().content.signer,
      issuedAt: new Date(),
      expiresAt: new Date(Date.now() + forMs),
    },
  });
}
