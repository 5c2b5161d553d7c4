// What starts by itself, on a real PostgreSQL with the real engine and dispatcher: earned modes, prepared runs, ladders, the brake, holds and overrides.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { checkById } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode } from "../../testing/fleet.ts";
import { releaseRun } from "../approvals/approve.ts";
import { demoteModes } from "../check-modes/demote.ts";
import { listModes } from "../check-modes/list.ts";
import type { Mode } from "../check-modes/schema.ts";
import { setMode } from "../check-modes/set.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { getFinding } from "../findings/get.ts";
import { settleIncidents } from "../incidents/settle.ts";
import { inspect } from "../inspections/evaluate.ts";
import { AUTO_WAIT_MS, autoStart } from "./auto.ts";
import { alive, dead, Engine, hung } from "./engine.fixture.ts";
import { getRepair } from "./get.ts";
import { previewRepair } from "./preview.ts";
import { startRepair } from "./start.ts";

let database: TestDatabase;
let db: PrismaClient;
let workers: PrismaClient;
let engine: Engine;
let ada: Context;
let olga: Context;

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  workers = database.as("workers");
  process.env.DATABASE_URL = database.urlOf("web");
  engine = await Engine.open(database);
  const person = async (id: string, role: "admin" | "operator"): Promise<Context> => {
    const ctx = await engine.person(id, role);
    return ctx.actor.kind === "user"
      ? { ...ctx, actor: { ...ctx.actor, verifiedAt: new Date(Date.now() + 3_600_000) } }
      : ctx;
  };
  ada = await person("ada", "admin");
  olga = await person("olga", "operator");
});
afterAll(async () => {
  await closeQueues();
  engine.close();
  await database.drop();
});
beforeEach(async () => {
  await db.checkMode.deleteMany();
  await db.command.deleteMany();
  await db.repair.deleteMany();
  await db.incident.deleteMany();
  await db.mute.deleteMany();
  await db.finding.deleteMany();
  await engine.freshNode();
});

/** As an admin says it, without having to earn it. */
const mode = (checkId: string, value: Mode, pool = "*") =>
  db.checkMode.create({
    data: { checkId, pool, mode: value, reason: "test", setBy: "user:ada", setByName: "ada", setAt: engine.clock },
  });
/** Recorded runs of start-runtime for runtime-down, each on a node of its own, the newest last. */
async function record(
  outcomes: readonly boolean[],
  over: { nodeId?: string; isTouching?: boolean; ago?: number } = {},
) {
  const { isTouching = true, ago = 1_000_000 } = over;
  for (const [i, ok] of outcomes.entries()) {
    const nodeId = over.nodeId ?? (await addNode(db, { name: `old-${Math.random()}`, pool: "old" }));
    const at = new Date(engine.clock.getTime() - ago + i);
    const { id } = await db.repair.create({
      data: {
        repairId: "start-runtime",
        checkId: "runtime-down",
        subject: "containerd",
        nodeId,
        risk: "safe",
        plan: {},
        planHash: "",
        state: ok ? "succeeded" : "failed",
        requestedBy: "user:x",
        createdAt: at,
        endedAt: at,
      },
    });
    if (isTouching) await touch(id, nodeId, ok ? "done" : "failed");
  }
}
let generation = 1_000_000;
/** Its first step was begun on the node. */
async function touch(repairId: string, nodeId: string, state = "failed"): Promise<void> {
  generation += 1;
  await db.command.create({
    data: { id: randomUUID(), repairId, nodeId, role: "step", stepIndex: 0, type: "t", params: {}, generation, state },
  });
}
const times = (count: number, ok = true) => Array<boolean>(count).fill(ok);
const runs = () => db.repair.findMany({ where: { nodeId: engine.nodeId }, orderBy: { createdAt: "asc" } });
/** The finding stands for as long as it takes. */
async function broken(data = dead, checkId = "runtime-down"): Promise<string> {
  const id = await engine.openFinding(data, checkId);
  engine.pass(AUTO_WAIT_MS / 1_000);
  return id;
}
const go = () => autoStart(workers, engine.clock);

describe("auto", () => {
  test("a safe repair starts by itself, is signed, verified and ends the finding", async () => {
    await mode("runtime-down", "auto");
    const findingId = await engine.openFinding();
    expect(await go()).toEqual({ runs: [], prepared: 0 }); // what it shares with others must have had time to show
    engine.pass(AUTO_WAIT_MS / 1_000);
    const { runs: started } = await go();
    expect(await runs()).toMatchObject([
      {
        id: started[0],
        state: "queued",
        origin: "auto",
        requestedBy: "system:workers",
        repairId: "start-runtime",
        checkId: "runtime-down",
        subject: "containerd",
        kernel: "6.1.0",
        findingId,
      },
    ]);
    const id = started[0] ?? "";
    for (let round = 0; round < 20; round += 1) {
      await engine.advance(id);
      for (const command of await engine.commands(id)) {
        if (command.state !== "signed") continue;
        await engine.answer(command.id, "done");
        if (command.role === "step") await engine.report(alive());
      }
      engine.pass(10);
      if ((await getRepair.call(ada, { id })).state === "succeeded") break;
    }
    expect(await getRepair.call(ada, { id })).toMatchObject({
      state: "succeeded",
      origin: "auto",
      requestedBy: "workers",
    });
    expect(await db.finding.findUniqueOrThrow({ where: { id: findingId } })).toMatchObject({ closeReason: "repaired" });
    expect(await db.auditEvent.findFirstOrThrow({ where: { action: "repairs.start", entityId: id } })).toMatchObject({
      actor: "system:workers",
      outcome: "done",
    });
  });

  test("one that interrupts something waits for approval as ever", async () => {
    await mode("runtime-hung", "auto");
    await broken(hung(), "runtime-hung");
    expect(await go()).toEqual({ runs: [], prepared: 1 });
    expect(await runs()).toMatchObject([{ state: "awaiting", origin: "approve", activeKey: null }]);
    expect(await go()).toEqual({ runs: [], prepared: 0 }); // one is enough
  });

  test.each<[string, () => Promise<unknown>]>([
    ["nobody said so", () => db.checkMode.deleteMany()],
    ["the pool's own word is another one", () => mode("runtime-down", "suggest", "default")],
    ["the finding is muted", () => muteAll()],
    [
      "the node is in maintenance",
      () => db.node.update({ where: { id: engine.nodeId }, data: { state: "maintenance" } }),
    ],
    [
      "the node is quarantined",
      () => db.node.update({ where: { id: engine.nodeId }, data: { quarantinedAt: new Date() } }),
    ],
    ["the node is not connected", () => db.node.update({ where: { id: engine.nodeId }, data: { isConnected: false } })],
    ["the fleet is frozen", () => freeze()],
    ["an incident holds it", () => holdAll()],
  ])("nothing starts while %s", async (_why, prevent) => {
    await mode("runtime-down", "auto");
    await broken();
    await prevent();
    expect(await go()).toEqual({ runs: [], prepared: 0 });
    await db.freeze.deleteMany();
  });

  test("the ladder's budget: after three attempts it is a person's turn, and says what was tried", async () => {
    await mode("runtime-down", "auto");
    const findingId = await broken();
    for (const rest of [0, 600, 1_200]) {
      engine.pass(rest);
      await engine.report(dead);
      await inspect(workers, [engine.nodeId], engine.clock);
      const { runs: started } = await go();
      if (started.length === 0) break;
      expect(await go()).toEqual({ runs: [], prepared: 0 });
      for (const id of started) await touch(id, engine.nodeId);
      await db.repair.updateMany({
        where: { id: { in: started } },
        data: { state: "failed", endedAt: engine.clock, activeKey: null },
      });
      await db.lease.updateMany({ where: { activeKey: { not: null } }, data: { activeKey: null } });
      expect(await go()).toEqual({ runs: [], prepared: 0 }); // it rests
    }
    engine.pass(7_200);
    await engine.report(dead);
    expect(await go()).toEqual({ runs: [], prepared: 0 });
    const tried = (await runs()).length;
    expect(tried).toBeGreaterThanOrEqual(2);
    const { ladder } = await getFinding.call(olga, { id: findingId });
    expect(ladder).toMatchObject({ state: "person", repairId: null });
    expect(ladder?.text.en).toContain(`tried ${tried} times`);
    expect(ladder?.tried).toHaveLength(tried);
  });

  test("the brake: of a small pool one node at a time", async () => {
    await mode("runtime-down", "auto");
    await broken();
    const first = engine.nodeId;
    expect((await go()).runs).toHaveLength(1);
    await engine.freshNode();
    await broken();
    expect(await go()).toEqual({ runs: [], prepared: 0 });
    await db.repair.updateMany({ data: { state: "succeeded", activeKey: null, endedAt: engine.clock } });
    await db.lease.updateMany({ where: { activeKey: { not: null } }, data: { activeKey: null } });
    await db.finding.updateMany({ where: { repairs: { some: {} } }, data: { state: "closed", liveKey: null } });
    expect((await go()).runs).toHaveLength(1);
    expect(new Set((await db.repair.findMany({})).map(({ nodeId }) => nodeId))).toEqual(
      new Set([first, engine.nodeId]),
    );
  });
});

const muteAll = async () => {
  const data = { checkId: "*", selector: "*", reason: "r", createdBy: "u", createdByName: "u" };
  const { id } = await db.mute.create({
    data: { ...data, createdAt: engine.clock, expiresAt: new Date(Date.now() + 1e8) },
  });
  await db.finding.updateMany({ data: { muteId: id } });
};
const freeze = () =>
  database.pool.query(
    "INSERT INTO \"freeze\" (reason, set_by, set_by_name, set_at) VALUES ('r', 'user:ada', 'ada', now())",
  );
async function holdAll(): Promise<void> {
  const other = await addNode(db, { name: `other-${Math.random()}` });
  await db.finding.updateMany({ data: { causeKey: "registry:hub.example" } });
  const [finding] = await db.finding.findMany({ where: { nodeId: engine.nodeId } });
  if (!finding) throw new Error("no finding");
  const { id: _id, params: _params, message: _message, evidence: _evidence, ...rest } = finding;
  await db.finding.create({
    data: { ...rest, nodeId: other, liveKey: "other", params: {}, message: {}, evidence: [] },
  });
  await settleIncidents(workers, engine.clock);
}

test("approve: the product prepares, a person releases", async () => {
  await mode("runtime-down", "approve");
  await broken();
  expect(await go()).toEqual({ runs: [], prepared: 1 });
  const [run] = await runs();
  expect(run).toMatchObject({ state: "awaiting", origin: "approve", risk: "safe" });
  await releaseRun.call(olga, { id: run?.id ?? "" });
  expect(await runs()).toMatchObject([{ state: "queued", activeKey: engine.nodeId }]);
});

test("observe: a finding and no repair", async () => {
  const findingId = await engine.openFinding();
  const before = await previewRepair.call(olga, { findingId });
  expect(before).toMatchObject({ canStart: true, ladder: { state: "next" } });
  await mode("runtime-down", "observe");
  expect(await getFinding.call(olga, { id: findingId })).toMatchObject({ mode: "observe", repairs: [], ladder: null });
  const { planHash, repairId } = before;
  expect(await previewRepair.call(olga, { findingId })).toMatchObject({ canStart: false });
  await expect(startRepair.call(olga, { findingId, repairId, planHash })).rejects.toMatchObject({ code: "conflict" });
});

test("an incident holds a node's repair; a person may start it all the same, with a reason that stands in the trail", async () => {
  const findingId = await engine.openFinding();
  await holdAll();
  const preview = await previewRepair.call(olga, { findingId });
  expect(preview).toMatchObject({
    canStart: false,
    hold: { nodeCount: 2, title: { en: "Registry hub.example" } },
    ladder: { state: "held" },
  });
  expect(preview.refusal?.en).toMatch(/^Held: 2 nodes share/);
  const { repairId, planHash } = preview;
  await expect(startRepair.call(olga, { findingId, repairId, planHash })).rejects.toMatchObject({ code: "conflict" });
  await expect(
    startRepair.call(olga, { findingId, repairId, planHash, override: { reason: " " } }),
  ).rejects.toMatchObject({ code: "invalid" });
  const { id } = await startRepair.call(olga, {
    findingId,
    repairId,
    planHash,
    override: { reason: "only this one is needed" },
  });
  expect(await runs()).toMatchObject([{ id, state: "queued", origin: "override" }]);
  const trail = await db.auditEvent.findFirstOrThrow({ where: { action: "repairs.start", entityId: id } });
  expect(trail.after).toMatchObject({ override: "only this one is needed", incidentId: preview.hold?.incidentId });
});

describe("modes.set", () => {
  const set = (over: Partial<Parameters<typeof setMode.call>[1]>, ctx = ada) =>
    setMode.call(ctx, { checkId: "runtime-down", pool: "*", mode: "auto", reason: "it works", ...over });

  test("auto is refused until it is earned, with the figures", async () => {
    const name = checkById("runtime-down")?.repairs[0];
    await record(times(12));
    await expect(set({})).rejects.toMatchObject({
      code: "conflict",
      details: { earned: { repairId: name, runs: 12, succeeded: 12, isEarned: false } },
    });
    await record(times(30));
    expect(await set({})).toEqual({ checkId: "runtime-down", pool: "*", mode: "auto" });
    expect((await listModes.call(olga, {})).rows).toMatchObject([
      { checkId: "runtime-down", pool: "*", mode: "auto", setByName: "ada" },
    ]);
  });

  test("it is taken back by itself, with a line in the trail", async () => {
    await record(times(40));
    await set({});
    expect(await demoteModes(workers, engine.clock)).toBe(0);
    engine.pass(60);
    await record([true, false, false]);
    expect(await demoteModes(workers, engine.clock)).toBe(1);
    expect(await demoteModes(workers, engine.clock)).toBe(0);
    expect((await listModes.call(olga, {})).rows).toMatchObject([{ mode: "suggest", setByName: "workers" }]);
    expect(await db.auditEvent.findFirstOrThrow({ where: { action: "modes.demote" } })).toMatchObject({
      actor: "system:workers",
      entityId: "runtime-down",
    });
    await expect(set({})).rejects.toMatchObject({ code: "conflict" });
  });

  test("only who may, only for what is there, and only after a proof of presence", async () => {
    await expect(set({ mode: "observe" }, olga)).rejects.toMatchObject({ code: "forbidden" });
    await expect(set({ checkId: "no-such", mode: "observe" })).rejects.toMatchObject({ code: "not_found" });
    const absent = ada.actor.kind === "user" ? { ...ada, actor: { ...ada.actor, verifiedAt: null } } : ada;
    await expect(set({ mode: "observe" }, absent)).rejects.toMatchObject({ details: { stepUp: true } });
    await set({ mode: "observe" });
    await set({ mode: null });
    expect((await listModes.call(olga, {})).rows).toEqual([]);
  });
});
