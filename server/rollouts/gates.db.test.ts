// Gates that a program opens, against a real server on loopback: what opens them, what does not, and that nobody waits behind one that is silent.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { closeQueues } from "../core/queue.ts";
import { answerGate } from "./answer-gate.ts";
import { Fleet } from "./fleet.fixture.ts";
import { askGate, isAllowedGate } from "./gates.ts";
import { planRollout } from "./plan.ts";
import { Steer } from "./steer.fixture.ts";

let database: TestDatabase;
let fleet: Fleet;
let steer: Steer;
let server: Server;
let url = "";
let asked: { body: string; headers: IncomingMessage["headers"] }[] = [];
let answer: (response: ServerResponse) => void = () => undefined;

const say = (status: number, body: unknown, headers: Record<string, string> = {}) => {
  answer = (response) => void response.writeHead(status, headers).end(JSON.stringify(body));
};

beforeAll(async () => {
  database = await testDatabase();
  process.env.DATABASE_URL = database.url;
  fleet = await Fleet.open(database);
  await fleet.engine.person("olga", "operator");
  steer = new Steer(fleet);
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      asked.push({ body, headers: request.headers });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gate`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await closeQueues();
  delete process.env.DATABASE_URL;
  delete process.env.NODEOPS_WEBHOOK_ALLOW;
  fleet.engine.close();
  await database.drop();
});
beforeEach(async () => {
  await steer.freshPool();
  asked = [];
  process.env.NODEOPS_WEBHOOK_ALLOW = `${new URL(url).origin}/,127.0.0.0/8`;
  say(200, { open: false });
});

const gated = (kinds: readonly ("manual" | "webhook")[]) =>
  kinds.map((kind) => (kind === "manual" ? { after: 0, kind } : { after: 0, kind, url }));

/** A rollout whose first wave has passed and that waits at its first gate. */
async function waiting(kinds: readonly ("manual" | "webhook")[]): Promise<string> {
  await fleet.addNodes(6, { pool: steer.pool });
  const id = await steer.begin(steer.setLabel({ policy: { rehearse: false, soakMs: 60_000, gates: gated(kinds) } }));
  for (let i = 0; i < 100 && (await steer.load(id)).state.gate === null; i += 1) await fleet.turn(id, 20);
  return id;
}
const answerNow = (id: string, ask = askGate) => answerGate(database.as("workers"), id, fleet.engine.now, ask);

test("a webhook is asked with what it decides about, and opens its gate by saying so; anything else is not yet", {
  timeout: 60_000,
}, async () => {
  const id = await waiting(["webhook"]);
  const { state, targetHash } = await steer.load(id);
  expect(state).toMatchObject({ stage: "gate", wave: 0, gate: { kind: "webhook" } });
  for (const [status, body] of [
    [200, { open: false }],
    [200, { open: "true" }],
    [200, "open"],
    [201, { open: true }],
    [503, { open: true }],
  ] as const) {
    say(status, body);
    expect(await answerNow(id)).toBeNull();
  }
  say(302, { open: true }, { location: url });
  expect(await answerNow(id)).toBeNull();
  expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({ rollout: { id, targetHash }, wave: 0 });
  expect((await steer.load(id)).state).toMatchObject({ stage: "gate", wave: 0 });
  say(200, { open: true, reason: "tests\u0000 are\n green" });
  expect(await answerNow(id)).toBe("running");
  expect((await steer.load(id)).state.wave).toBe(1);
  const opened = await fleet.db.rolloutEvent.findFirstOrThrow({ where: { rolloutId: id, type: "gate" } });
  expect(opened.event).toMatchObject({ by: url, why: { en: "tests are green" } });
});

test("one answer that comes twice opens one gate: the person's behind it stays shut", { timeout: 60_000 }, async () => {
  const id = await waiting(["webhook", "manual"]);
  say(200, { open: true });
  // Two workers ask before either is answered.
  let release: () => void = () => undefined;
  const both = new Promise<void>((resolve) => {
    release = resolve;
  });
  let count = 0;
  const together: typeof askGate = async (...args) => {
    const event = await askGate(...args);
    count += 1;
    if (count === 2) release();
    await both;
    return event;
  };
  await Promise.all([answerNow(id, together), answerNow(id, together)]);
  expect((await steer.load(id)).state).toMatchObject({
    stage: "gate",
    wave: 0,
    gatesOpen: 1,
    gate: { kind: "manual" },
  });
});

test("a gate that is silent is not waited for: the rollout's turn ends, and other rollouts go on", {
  timeout: 60_000,
}, async () => {
  answer = () => undefined; // never
  const id = await waiting(["webhook"]);
  expect(await fleet.turn(id, 20)).toBe("running");
  expect(asked).toEqual([]); // it is asked by a job of its own
  const jobs = await fleet.db.$queryRaw<unknown[]>`SELECT 1 FROM bullmq.job WHERE name = 'rollouts.ask-gates'`;
  expect(jobs.length).toBeGreaterThan(0);
});

test("only addresses that the operator allows are called, when it is planned and when it is asked", async () => {
  await fleet.addNodes(4, { pool: steer.pool });
  const input = steer.setLabel({ policy: { rehearse: false, gates: gated(["webhook"]) } });
  process.env.NODEOPS_WEBHOOK_ALLOW = "";
  await expect(planRollout.call(steer.as("olga"), input)).rejects.toMatchObject({ code: "invalid" });
  const origin = new URL(url).origin;
  for (const [address, allow, isAllowed] of [
    [`${origin}/a/../../b`, `${origin}/a/`, false],
    [`${origin}/a/%2e%2e/b`, `${origin}/a/`, false],
    [`http://user@${new URL(url).host}/`, `${origin}/`, false],
    ["http://127.0.0.1.example.org/", "http://127.0.0.1", false],
    ["http://127.0.0.1:1/", "http://127.0.0.1/", false],
    [`${origin}/a/b`, `${origin}/a/`, true],
  ] as const)
    expect([address, isAllowedGate(address, allow)]).toEqual([address, isAllowed]);
});

test("an allowed name that leads inside is not called: only networks that were opened are", {
  timeout: 60_000,
}, async () => {
  const id = await waiting(["webhook"]);
  say(200, { open: true });
  process.env.NODEOPS_WEBHOOK_ALLOW = `${new URL(url).origin}/`; // the address, but no network
  expect(await answerNow(id)).toBeNull();
  process.env.NODEOPS_WEBHOOK_ALLOW = "127.0.0.0/8"; // the network, but no address
  expect(await answerNow(id)).toBeNull();
  expect(asked).toEqual([]);
});
