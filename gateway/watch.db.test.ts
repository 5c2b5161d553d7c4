// A gateway that has listened for long: a killed agent is said not to report at once, one that says good-bye is not, and of many at once nothing is said.
import { afterAll, beforeAll, expect, test } from "vitest";
import { LISTEN_GRACE_MS } from "../protocol/constants.ts";
import { readHeld } from "../server/agents/gateway-facts.ts";
import { writeBeat } from "../server/core/beat.ts";
import { createLogger } from "../server/core/log.ts";
import { fleetHold } from "../server/repairs/brake.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { createLiveness } from "./liveness.ts";
import { type Identity, joinSession } from "./testing/agent-client.ts";
import { startTestGateway, type TestGateway } from "./testing/gateway.ts";

let own: TestGateway;
let gateway: Gateway;

/** Beside the test's own gateway, which has only just begun to listen and says nothing of anybody. */
beforeAll(async () => {
  own = await startTestGateway();
  const liveness = createLiveness();
  liveness.listening(performance.now() - LISTEN_GRACE_MS);
  liveness.databaseOk(performance.now() - LISTEN_GRACE_MS);
  const wake = { inspect: async () => undefined, advance: async () => undefined };
  const { db, dataDir } = own;
  const log = createLogger("gateway", process.env.TEST_LOG ?? "silent");
  gateway = await startGateway({ db, dataDir, host: "127.0.0.1", port: 0, log, wake, liveness });
});
afterAll(async () => {
  await gateway.stop();
  await own.stop();
});

const nodeOf = ({ nodeId }: Identity) =>
  own.prisma.node.findUniqueOrThrow({ where: { id: nodeId }, select: { state: true, isConnected: true } });

test("a connection that breaks without a word is a killed agent; one that ends in good order is not", async () => {
  const [killed, leaving] = [await own.enrol("killed"), await own.enrol("leaving")];
  const first = await joinSession(gateway.port, killed);
  const second = await joinSession(gateway.port, leaving);
  second.client.close();
  first.client.cut();
  await expect.poll(() => nodeOf(killed), { timeout: 10_000 }).toEqual({ state: "not_reporting", isConnected: false });
  await expect.poll(() => nodeOf(leaving), { timeout: 10_000 }).toEqual({ state: "unknown", isConnected: false });
  const back = await joinSession(gateway.port, killed);
  await expect.poll(() => nodeOf(killed), { timeout: 10_000 }).toEqual({ state: "unknown", isConnected: true });
  expect(gateway.held()).toBeNull();
  back.client.close();
});

test("many of several zones at once: nothing is said of them, nothing starts by itself, and the console can tell why", async () => {
  const identities: Identity[] = [];
  for (let i = 0; i < 12; i += 1) {
    const identity = await own.enrol(`many-${i}`);
    await own.prisma.node.update({ where: { id: identity.nodeId }, data: { zone: `zone-${i % 3}` } });
    identities.push(identity);
  }
  const sessions = await Promise.all(identities.map((identity) => joinSession(gateway.port, identity)));
  for (const { client } of sessions) client.cut();
  await expect.poll(() => gateway.held(), { timeout: 10_000 }).toMatchObject({ missing: expect.any(Number) });
  const states = await Promise.all(identities.map(nodeOf));
  expect(new Set(states.map(({ state }) => state))).toEqual(new Set(["unknown"]));

  const detail = () => ({ url: "https://127.0.0.1:1", sessions: gateway.sessions(), held: gateway.held() });
  await writeBeat(own.db.pool, { name: "gateway-2", version: "0", detail });
  const held = await readHeld(own.prisma, new Date());
  expect(held?.missing).toBeGreaterThanOrEqual(12);
  expect(await fleetHold(own.prisma, new Date())).toContain("fell silent at once");
  expect(await readHeld(own.prisma, new Date(Date.now() + 60_000))).toBeNull();

  await Promise.all(identities.map((identity) => joinSession(gateway.port, identity)));
  await expect.poll(() => gateway.held(), { timeout: 15_000 }).toBeNull();
});

test("a gateway that stood still itself says so, and nothing of the nodes", async () => {
  const identity = await own.enrol("there");
  const { client } = await joinSession(gateway.port, identity);
  expect(gateway.held()).toBeNull();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_800);
  await expect.poll(() => gateway.held(), { timeout: 5_000 }).not.toBeNull();
  client.cut();
  await expect.poll(() => nodeOf(identity), { timeout: 5_000 }).toEqual({ state: "unknown", isConnected: false });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect((await nodeOf(identity)).state).toBe("unknown");
});
