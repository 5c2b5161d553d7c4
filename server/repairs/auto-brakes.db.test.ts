// What keeps repairs from starting by themselves, on a real PostgreSQL with the real engine: persons, the dispatcher's limits, other workers, and a fleet
// in which too much is bad.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode } from "../../testing/fleet.ts";
import { readEarned } from "../check-modes/earned.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { FLAP_WINDOW_MS } from "../inspections/life.ts";
import { AUTO_WAIT_MS, autoStart } from "./auto.ts";
import { cancelRepair } from "./cancel.ts";
import { dead, Engine } from "./engine.fixture.ts";

let database: TestDatabase;
let db: PrismaClient;
let engine: Engine;
let olga: Context;

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  process.env.DATABASE_URL = database.urlOf("web");
  engine = await Engine.open(database);
  olga = await engine.person("olga", "operator");
  const word = { pool: "*", mode: "auto", reason: "test", setBy: "user:ada", setByName: "ada", setAt: engine.clock };
  await db.checkMode.create({ data: { checkId: "runtime-down", ...word } });
});
afterAll(async () => {
  await closeQueues();
  engine.close();
  await database.drop();
});
beforeEach(async () => {
  await db.command.deleteMany();
  await db.repair.deleteMany();
  await db.rollout.deleteMany();
  await db.finding.deleteMany();
  await db.node.deleteMany();
  await engine.freshNode();
});

const go = () => autoStart(database.as("workers"), engine.clock);
const NOTHING = { runs: [], prepared: 0 };
/** A node of that pool whose runtime is down for long enough. */
async function broken(pool = "default"): Promise<string> {
  if ((await db.finding.count({ where: { nodeId: engine.nodeId } })) > 0) await engine.freshNode();
  const { nodeId } = engine;
  await engine.openFinding();
  await db.node.update({ where: { id: nodeId }, data: { pool } });
  engine.pass(AUTO_WAIT_MS / 1_000);
  return nodeId;
}
let generation = 1_000_000;
const run = async (nodeId: string, over: Record<string, unknown> = {}, step: string | null = "failed") => {
  const at = engine.clock;
  const base = { repairId: "start-runtime", checkId: "runtime-down", subject: "containerd", risk: "safe", plan: {} };
  const { id } = await db.repair.create({
    data: {
      ...base,
      nodeId,
      planHash: "",
      state: "failed",
      requestedBy: "u",
      createdAt: at,
      startedAt: at,
      endedAt: at,
      ...over,
    },
  });
  generation += 1;
  const command = { role: "step", stepIndex: 0, type: "t", params: {}, generation };
  if (step) await db.command.create({ data: { id: randomUUID(), repairId: id, nodeId, ...command, state: step } });
};

test("what a person stopped is not begun again", async () => {
  await broken();
  const [id = ""] = (await go()).runs;
  await cancelRepair.call(olga, { id });
  expect(await engine.advance(id)).toBe("cancelled");
  expect(await go()).toEqual(NOTHING);
  engine.pass(12 * 3_600);
  await engine.openFinding(dead);
  expect(await go()).toEqual(NOTHING);
});

test("while its own runs wait for the dispatcher nothing more starts", async () => {
  await broken("a");
  expect((await go()).runs).toHaveLength(1);
  await broken("b");
  expect(await go()).toEqual(NOTHING);
  await db.repair.updateMany({ data: { state: "running" } });
  expect((await go()).runs).toHaveLength(1);
});

test("what was never signed uses up nothing: it rests, and is begun again", async () => {
  const nodeId = await broken();
  for (let i = 0; i < 3; i += 1) await run(nodeId, { origin: "auto" }, "expired");
  expect(await go()).toEqual(NOTHING);
  engine.pass(601);
  await engine.openFinding(dead);
  expect((await go()).runs).toHaveLength(1);
});

test("a budget for the node and the check, whatever the subjects are called", async () => {
  const nodeId = await broken();
  engine.pass(-3_600);
  for (let i = 0; i < 6; i += 1) await run(nodeId, { subject: `container-${i}` });
  engine.pass(3_600);
  expect(await go()).toEqual(NOTHING);
  await db.repair.deleteMany({ where: { subject: "container-0" } });
  expect((await go()).runs).toHaveLength(1);
});

test("the same trouble on two nodes is one gray rollout, however many workers see it, and no run beside it", async () => {
  await broken();
  await broken();
  const both = await Promise.all([go(), go()]);
  expect(both.flatMap(({ rollouts = [] }) => rollouts)).toHaveLength(1);
  expect(both.flatMap(({ runs }) => runs)).toEqual([]);
  expect(await go()).toEqual(NOTHING);
  const targets = await db.rolloutTarget.findMany({ where: { wave: { gte: 0 } }, orderBy: { wave: "asc" } });
  expect(targets.map(({ wave, state }) => `${wave} ${state}`)).toEqual(["0 pending", "1 pending"]);
});

test("in a pool of which too many are in the same trouble nothing starts", async () => {
  const nodes = [await broken("sick"), await broken("sick"), await broken("sick")];
  expect(await go()).toEqual(NOTHING);
  await db.finding.deleteMany({ where: { nodeId: nodes[0] ?? "" } });
  expect(await go()).toMatchObject({ runs: [], rollouts: [expect.any(String)] });
});

test("when much of the fleet turned bad at once nothing starts anywhere, and it says so", async () => {
  await broken();
  const [finding] = await db.finding.findMany();
  if (!finding) throw new Error("no finding");
  const { id: _, params: _params, message: _message, evidence: _evidence, ...rest } = finding;
  for (let i = 0; i < 10; i += 1) {
    const nodeId = await addNode(db, { name: `far-${i}`, pool: `far-${i}` });
    const json = { params: {}, message: {}, evidence: [] };
    await db.finding.create({ data: { ...rest, ...json, nodeId, checkId: "clock-off", liveKey: `far-${i}` } });
  }
  expect(await go()).toEqual({ ...NOTHING, held: "11 of 11 nodes turned bad within 10 minutes" });
  engine.pass(601);
  await engine.openFinding(dead);
  expect((await go()).runs).toHaveLength(1);
});

test("a candidate that throws stops no other", async () => {
  const word = { checkId: "runtime-down", pool: "a", mode: "approve", reason: "test", setBy: "x", setByName: "x" };
  await db.checkMode.create({ data: { ...word, setAt: engine.clock } });
  const nodeId = await broken("a");
  await db.nodeFact.updateMany({ where: { nodeId, kind: "modules" }, data: { data: [null] } });
  await broken("b");
  const { runs, errors } = await go();
  expect(errors).toHaveLength(1);
  expect(runs).toHaveLength(1);
});

describe("the record that auto rests on", () => {
  const earned = async () => (await readEarned(db, ["runtime-down"], engine.clock)).get("runtime-down");
  const succeeded = (nodeId: string, daysAgo: number, subject = "containerd") => {
    const at = new Date(engine.clock.getTime() - daysAgo * 86_400_000);
    return run(nodeId, { state: "succeeded", createdAt: at, endedAt: at, subject }, "done");
  };

  test("one node counts once a day, and nothing counts for ever", async () => {
    for (let i = 0; i < 40; i += 1) await succeeded(engine.nodeId, 1);
    await succeeded(engine.nodeId, 3);
    await succeeded(engine.nodeId, 91);
    expect(await earned()).toMatchObject({ runs: 2, succeeded: 2 });
  });

  test("a success after which it came back at once is none, and what touched nothing is nothing", async () => {
    await engine.openFinding();
    await run(
      engine.nodeId,
      { state: "succeeded", endedAt: new Date(engine.clock.getTime() - FLAP_WINDOW_MS / 2) },
      "done",
    );
    await run(await addNode(db, { name: "elsewhere" }), {}, "expired");
    expect(await earned()).toMatchObject({ runs: 1, succeeded: 0 });
  });
});
