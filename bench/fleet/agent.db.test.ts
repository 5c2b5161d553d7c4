// Simulated agents against the real gateway and a real PostgreSQL: what they claim to do is what arrives.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../gateway/testing/gateway.ts";
import { factKinds } from "../../protocol/facts.ts";
import { loadTrust } from "../../server/trust/document.ts";
import { SimulatedAgent } from "./agent.ts";
import { enrolByToken, insertRows, issueInBulk } from "./enrol.ts";
import { lifeOf } from "./plan.ts";
import { makeTemplates } from "./templates.ts";
import { emptyTally, epochNow, type World } from "./world.ts";

/** Only against tests that hang. */
const SOON = { timeout: 20_000 };

let own: TestGateway;
let world: World;
const agents: SimulatedAgent[] = [];
beforeAll(async () => {
  own = await startTestGateway();
  world = {
    templates: makeTemplates(Date.now()),
    cas: loadTrust(own.dataDir)().content.cas,
    localAddress: "127.0.0.1",
    intervalMs: 10_000,
    measured: { from: epochNow(), to: Number.POSITIVE_INFINITY },
    tally: emptyTally(),
    onStored: () => undefined,
    isStopping: false,
  };
});
afterAll(async () => {
  world.isStopping = true;
  for (const agent of agents) agent.end();
  await own.stop();
});

function anAgent(number: number): SimulatedAgent {
  const life = { ...lifeOf(number, { seed: 1, nodes: 100, intervalMs: 10_000, durationMs: 60_000 }), skewMs: -90_000 };
  const names = { name: `sim-${number}`, machineId: `machine-${number}`, bootId: randomUUID(), address: "10.0.0.1" };
  const agent = new SimulatedAgent(world, number, `https://127.0.0.1:${own.gateway.port}`, life, names);
  agents.push(agent);
  return agent;
}

async function byToken(number: number): Promise<{ agent: SimulatedAgent; nodeId: string }> {
  const agent = anAgent(number);
  await enrolByToken([agent], `https://127.0.0.1:${own.gateway.port}`, await own.token());
  return { agent, nodeId: agent.credentials?.nodeId ?? "" };
}
const factsOf = (nodeId: string) => own.prisma.nodeFact.findMany({ where: { nodeId } });

test("enrols by token, sends all its facts, then what has changed", async () => {
  const { agent, nodeId } = await byToken(1);
  agent.start();
  await expect.poll(async () => (await factsOf(nodeId)).length, SOON).toBe(factKinds.length);
  expect((await factsOf(nodeId)).filter(({ error }) => error !== null)).toEqual([]);
  const [moving = 0] = world.templates.moving;
  const before = (await factsOf(nodeId)).find(({ kind }) => kind === factKinds[moving]);
  agent.change(moving, epochNow());
  const hash = async () => (await factsOf(nodeId)).find(({ kind }) => kind === factKinds[moving])?.hash;
  await expect.poll(hash, SOON).not.toBe(before?.hash);
  await expect.poll(() => world.tally.factsAcked, SOON).toBe(factKinds.length + 1);
});

test("is let in with a certificate made in bulk and a row written for it", async () => {
  const agent = anAgent(2);
  const issued = await issueInBulk([agent], own.dataDir, loadTrust(own.dataDir)());
  await insertRows(own.db.pool, issued);
  agent.start();
  await expect.poll(() => agent.isLive, SOON).toBe(true);
  expect(await own.prisma.node.findUniqueOrThrow({ where: { name: "sim-2" } })).toMatchObject({
    id: agent.credentials?.nodeId,
    isConnected: true,
    pool: "pool-2",
  });
});

test("counts each heartbeat that is answered, whatever its clock says", async () => {
  const { agent } = await byToken(3);
  agent.start();
  await expect.poll(() => agent.isLive, SOON).toBe(true);
  world.tally = emptyTally();
  for (let i = 0; i < 3; i += 1) agent.beat(epochNow(), epochNow());
  await expect.poll(() => world.tally.answered, SOON).toBe(3);
  expect(world.tally).toMatchObject({ due: 3, missed: 0, cutOff: 0 });
  expect(world.tally.beats.max).toBeLessThan(world.intervalMs); // 90 s of clock error would show
});

test("a heartbeat that is due while the session is lost counts as missed; one after leaving by plan does not", async () => {
  const { agent } = await byToken(4);
  agent.isAway = false; // meant to be there, but never connected
  world.tally = emptyTally();
  agent.beat(epochNow(), epochNow());
  expect(world.tally).toMatchObject({ due: 1, missed: 1 });
  agent.leave(null);
  agent.beat(epochNow(), epochNow());
  expect(world.tally.due).toBe(1);
  expect(agent.absences).toMatchObject([{ to: Number.POSITIVE_INFINITY }]);
});

test("sends kernel lines once and answers a command", async () => {
  const { agent, nodeId } = await byToken(5);
  agent.start();
  await expect.poll(() => agent.isLive, SOON).toBe(true);
  world.tally = emptyTally();
  agent.logKernelLine(epochNow());
  agent.logKernelLine(epochNow());
  await expect.poll(() => own.prisma.kernelEvent.count({ where: { nodeId } }), SOON).toBe(2);
  await expect.poll(() => world.tally.durableAcked, SOON).toBe(2);
  const id = await aCommand(nodeId);
  await own.db.pool.query("SELECT pg_notify('nodeops_commands', $1)", [nodeId]);
  const command = () => own.prisma.command.findUniqueOrThrow({ where: { id } });
  await expect.poll(async () => (await command()).state, SOON).toBe("done");
  expect((await command()).acceptedAt).not.toBeNull();
  expect(world.tally.commands).toBe(1);
});

async function aCommand(nodeId: string): Promise<string> {
  const createdAt = new Date();
  const plan = { repairId: "start-runtime", risk: "safe", plan: {}, planHash: "h" };
  const repair = await own.prisma.repair.create({
    data: { ...plan, nodeId, state: "running", requestedBy: "system:test", createdAt },
  });
  const id = randomUUID();
  await own.prisma.command.create({
    data: {
      id,
      repairId: repair.id,
      nodeId,
      role: "step",
      stepIndex: 0,
      type: "module.restart",
      params: {},
      generation: 1,
      state: "signed",
      payload: Buffer.from(JSON.stringify({ id })),
      signature: Buffer.from("signature"),
      keyId: loadTrust(own.dataDir)().content.signer,
      issuedAt: createdAt,
      expiresAt: new Date(Date.now() + 60_000),
    },
  });
  return id;
}
