// A node that lies and floods: what it sends stays within bounds, and nobody else notices.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AgentToGateway, WireFact } from "../protocol/messages.ts";
import { healthyData } from "../testing/facts.ts";
import { joinSession } from "./testing/agent-client.ts";
import { startTestGateway, type TestGateway } from "./testing/gateway.ts";

let own: TestGateway;
let victim: Awaited<ReturnType<typeof joinSession>>["client"];
beforeAll(async () => {
  own = await startTestGateway();
  ({ client: victim } = await joinSession(own.gateway.port, await own.enrol("neighbour")));
});
afterAll(async () => {
  victim.close();
  await own.stop();
});

const fact = (kind: WireFact["kind"], data: unknown, at = Date.now()): WireFact => ({
  kind,
  hash: randomUUID(),
  at,
  data,
  error: null,
});
const data = healthyData();
const YEAR_MS = 365 * 24 * 3_600_000;

/** The neighbour is served: heartbeat answered, fact stored. */
async function expectServed(batch: number): Promise<void> {
  victim.send({ type: "heartbeat", at: batch, spooled: 0 });
  expect(await victim.next("pulse")).toMatchObject({ echo: batch });
  victim.send({ type: "facts", batch, items: [fact("limits", data.limits)] });
  expect(await victim.next("facts-ack")).toEqual({ type: "facts-ack", batch });
}

const labels = (count: number, size: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, "x".repeat(size)]));
const [container] = data.containers;
const lies: { name: string; items: WireFact[]; isKept: boolean }[] = [
  { name: "NaN", items: [fact("resources", { ...data.resources, load1: Number.NaN })], isKept: false },
  {
    name: "infinity",
    items: [fact("conntrack", { ...data.conntrack, usedRatio: Number.POSITIVE_INFINITY })],
    isKept: false,
  },
  { name: "negative counters", items: [fact("agent", { ...data.agent, spooledFrames: -1 })], isKept: false },
  { name: "integers beyond any", items: [fact("processes", { ...data.processes, total: 1e300 })], isKept: false },
  { name: "a prototype", items: [fact("sysctls", JSON.parse('{"__proto__": {"polluted": "yes"}}'))], isKept: false },
  { name: "a clock a year ahead", items: [fact("limits", data.limits, Date.now() + YEAR_MS)], isKept: true },
  { name: "a clock a year behind", items: [fact("limits", data.limits, Date.now() - YEAR_MS)], isKept: true },
  { name: "a time no clock has", items: [fact("limits", data.limits, Number.MAX_VALUE)], isKept: true },
  { name: "huge labels", items: [fact("containers", [{ ...container, labels: labels(200, 10_000) }])], isKept: true },
];

test.each(lies)(
  "$name is stored as unknown or as it is, and the neighbour is served",
  async ({ name, items, isKept }) => {
    const identity = await own.enrol(`liar-${name.replaceAll(" ", "-")}`);
    const { client } = await joinSession(own.gateway.port, identity);
    client.send({ type: "facts", batch: 1, items });
    await client.next("facts-ack");
    const [row] = await own.prisma.nodeFact.findMany({ where: { nodeId: identity.nodeId } });
    expect(row?.data !== null).toBe(isKept);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
    await expectServed(1);
    client.close();
  },
);

test("numbers that count backwards end the session, not the gateway", async () => {
  const identity = await own.enrol("backwards");
  const frames = [
    { type: "durable", seq: -1, body: { type: "progress", commandId: randomUUID(), at: 1, message: "" } },
    { type: "durable", seq: 1.5, body: { type: "progress", commandId: randomUUID(), at: 1, message: "" } },
    { type: "heartbeat", at: Number.NaN, spooled: 0 },
    { type: "facts", batch: Number.POSITIVE_INFINITY, items: [] },
  ];
  for (const frame of frames) {
    const { client } = await joinSession(own.gateway.port, identity, "one-start");
    client.send(frame as AgentToGateway); // what no honest agent sends
    expect(await client.next("refused")).toMatchObject({ code: "malformed" });
    await client.closed;
    await expectServed(2);
  }
});

test("a flood waits in its own socket: the neighbour is answered before it is", async () => {
  const identity = await own.enrol("flood");
  const { client } = await joinSession(own.gateway.port, identity);
  const count = 20_000;
  for (let at = 1; at <= count; at += 1) client.send({ type: "heartbeat", at, spooled: 0 });
  for (let batch = 10; batch < 20; batch += 1) await expectServed(batch);
  const answered = client.received.filter(({ type }) => type === "pulse").length;
  expect(answered).toBeLessThan(count);
  client.close();
});

test("a node that floods with results fills its own share only, and the neighbour's are stored", async () => {
  const identity = await own.enrol("filler");
  const { client } = await joinSession(own.gateway.port, identity);
  const output = { text: "x".repeat(400_000) };
  const result = (seq: number): AgentToGateway => ({
    type: "durable",
    seq,
    body: {
      type: "result",
      result: {
        commandId: randomUUID(),
        status: "done",
        code: null,
        message: "",
        changed: false,
        output,
        startedAt: 1,
        endedAt: 2,
      },
    },
  });
  for (let seq = 1; seq <= 200; seq += 1) client.send(result(seq));
  await expectServed(30);
  client.close();
});
