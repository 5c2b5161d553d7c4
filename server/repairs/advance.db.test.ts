// A whole repair on a real PostgreSQL: verbs, engine and ingest as they are; only the agent is played. Crashes are played by doing things twice, late or never.
import { createPublicKey, verify } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { CommandPayload, type CommandResult, commandBytes } from "../../protocol/commands.ts";
import type { FactData } from "../../protocol/facts.ts";
import { addToken } from "../../testing/actors.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { aModule, aRuntime, failedProbe } from "../../testing/facts.ts";
import { addNode, contextOf } from "../../testing/fleet.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { getFinding } from "../findings/get.ts";
import { loadSigningKey } from "../trust/signing.ts";
import { advanceRepair } from "./advance.ts";
import { cancelRepair } from "./cancel.ts";
import { alive, dead, Engine } from "./engine.fixture.ts";
import { getRepair } from "./get.ts";
import { listRepairs } from "./list.ts";
import { previewRepair } from "./preview.ts";
import { startRepair } from "./start.ts";
import { activeRepairs } from "./sweep.ts";

let database: TestDatabase;
let db: PrismaClient;
let engine: Engine;
let ctx: () => Context;

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  engine = await Engine.open(database);
  await engine.person("olga", "operator");
  ctx = () => engine.contextOf("olga", "operator");
  process.env.DATABASE_URL = database.url; // where the verbs' own jobs go
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  engine.close();
  await database.drop();
});

let nodeId: string;
beforeEach(async () => {
  nodeId = await engine.freshNode();
});

const now = () => engine.clock;
const pass = (seconds: number) => engine.pass(seconds);
const report = (data: Partial<FactData>) => engine.report(data);
const accept = (commandId: string) => engine.accept(commandId);
const answer = (commandId: string, status: CommandResult["status"], over: Partial<CommandResult> = {}) =>
  engine.answer(commandId, status, over);
const advance = (id: string) => engine.advance(id);
const commands = (id: string) => engine.commands(id);
const openFinding = () => engine.openFinding();

async function start() {
  const findingId = await openFinding();
  const preview = await previewRepair.call(ctx(), { findingId });
  expect(preview).toMatchObject({ repairId: "start-runtime", canStart: true, refusal: null });
  const { id } = await startRepair.call(ctx(), { findingId, repairId: preview.repairId, planHash: preview.planHash });
  return { id, findingId, preview };
}
/** Brings a repair to where its (only) step is signed. */
async function startStep() {
  const started = await start();
  await advance(started.id);
  const [evidence] = await commands(started.id);
  if (!evidence) throw new Error("no evidence command");
  await answer(evidence.id, "done", { changed: false });
  expect(await advance(started.id)).toBe("running");
  const command = (await commands(started.id))[1];
  if (!command) throw new Error("no step command");
  return { ...started, evidence, command };
}

test("from finding to verified, with every command signed and recorded before it goes", async () => {
  const { id, findingId, preview } = await start();
  expect(await db.repair.findUniqueOrThrow({ where: { id } })).toMatchObject({
    state: "queued",
    activeKey: nodeId,
    planHash: preview.planHash,
  });
  expect(await activeRepairs(db, now())).toContain(id);
  expect(await advance(id)).toBe("capturing");
  const [evidence] = await commands(id);
  expect(evidence).toMatchObject({ role: "evidence", type: "evidence.capture", state: "signed" });
  await accept(evidence?.id ?? "");
  await answer(evidence?.id ?? "", "done", { changed: false });
  expect(await advance(id)).toBe("running");

  const [, command] = await commands(id);
  expect(command).toMatchObject({ role: "step", stepIndex: 0, type: "module.restart", state: "signed" });
  expect(command?.generation).toBeGreaterThan(evidence?.generation ?? 0);
  const key = loadSigningKey(engine.dataDir)();
  const publicKey = createPublicKey(key.privateKey);
  expect(
    verify(null, commandBytes(command?.payload ?? new Uint8Array()), publicKey, command?.signature ?? new Uint8Array()),
  ).toBe(true);
  expect(command?.keyId).toBe(key.keyId);
  const payload = CommandPayload.parse(JSON.parse(Buffer.from(command?.payload ?? []).toString()));
  expect(payload).toMatchObject({
    id: command?.id,
    nodeId,
    repairId: id,
    planHash: preview.planHash,
    generation: command?.generation,
    action: preview.plan?.steps[0]?.action,
  });

  pass(3);
  await answer(command?.id ?? "", "done");
  expect(await advance(id)).toBe("verifying");
  pass(3);
  expect(await advance(id)).toBe("verifying"); // no fact is newer than the step
  expect((await getRepair.call(ctx(), { id })).verifies[0]).toMatchObject({
    checkId: "runtime-down",
    status: "unknown",
  });
  await report(alive());
  expect(await advance(id)).toBe("succeeded");
  expect(await db.finding.findUniqueOrThrow({ where: { id: findingId } })).toMatchObject({
    state: "closed",
    closeReason: "repaired",
    liveKey: null,
  });
  expect(await db.node.findUniqueOrThrow({ where: { id: nodeId } })).toMatchObject({
    state: "healthy",
    criticalCount: 0,
  });
  expect(await db.repair.findUniqueOrThrow({ where: { id } })).toMatchObject({ activeKey: null, endedAt: now() });

  const detail = await getRepair.call(ctx(), { id });
  expect(detail).toMatchObject({
    state: "succeeded",
    stepCount: 1,
    canCancel: false,
    verifies: [{ status: "ok" }, { status: "ok" }],
  });
  expect(detail.commands.map(({ role, state, result }) => [role, state, result?.status])).toEqual([
    ["evidence", "done", "done"],
    ["step", "done", "done"],
  ]);
  const finding = await getFinding.call(ctx(), { id: findingId });
  expect(finding.repairs[0]).toMatchObject({ id: "start-runtime", record: { succeededOnKernel: 1, totalOnKernel: 1 } });
  expect(finding.runs).toMatchObject([{ id, state: "succeeded" }]);
  expect(await listRepairs.call(ctx(), { node: nodeId, state: "over" })).toMatchObject({ total: 1, rows: [{ id }] });
});

test("twenty workers at once dispatch each command once and end it once", async () => {
  const { id } = await start();
  const all = async () => {
    const turns = await Promise.allSettled(Array.from({ length: 20 }, () => advanceRepair(db, id, now)));
    await engine.dispatch();
    return turns;
  };
  await all();
  expect(await commands(id)).toHaveLength(1);
  await answer((await commands(id))[0]?.id ?? "", "done");
  await all();
  expect((await commands(id)).map(({ role }) => role)).toEqual(["evidence", "step"]);
  pass(1);
  await answer((await commands(id))[1]?.id ?? "", "done");
  await all();
  pass(3);
  await report(alive());
  const ends = await all();
  expect(new Set(ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : [])))).toEqual(
    new Set(["succeeded"]),
  );
  expect(await commands(id)).toHaveLength(2);
  const row = await db.repair.findUniqueOrThrow({ where: { id } });
  await all();
  expect(await db.repair.findUniqueOrThrow({ where: { id } })).toEqual(row);
});

test("a red look until the time is up: failed, with what is still wrong, and the finding stays", async () => {
  const { id, findingId, command } = await startStep();
  await answer(command.id, "done");
  await advance(id);
  pass(5);
  await report(dead);
  expect(await advance(id)).toBe("verifying");
  pass(60);
  await report(dead);
  expect(await advance(id)).toBe("failed");
  expect(await db.repair.findUniqueOrThrow({ where: { id } })).toMatchObject({
    outcome: { en: expect.stringContaining("still stands") },
  });
  expect(await db.finding.findUniqueOrThrow({ where: { id: findingId } })).toMatchObject({ state: "open" });
  await report(alive());
  expect(await advance(id)).toBe("failed");
});

describe("ends of a step", () => {
  test.each(["refused", "failed"] as const)("%s ends it with the agent's reason", async (status) => {
    const { id, command } = await startStep();
    await answer(command.id, status, { code: "target-changed", message: "pid 7 is another process now" });
    expect(await advance(id)).toBe("failed");
    const { outcome } = await getRepair.call(ctx(), { id });
    expect(outcome?.en).toContain("target-changed: pid 7 is another process now");
  });

  test("unknown is verified and never run again", async () => {
    const { id, command } = await startStep();
    await answer(command.id, "unknown");
    expect(await advance(id)).toBe("verifying");
    pass(3);
    await report(alive());
    expect(await advance(id)).toBe("succeeded");
    expect(await commands(id)).toHaveLength(2);
  });

  test("not confirmed before it expired: failed, and what the node says later changes nothing", async () => {
    const { id, command } = await startStep();
    pass(121);
    expect(await advance(id)).toBe("running");
    pass(5);
    expect(await advance(id)).toBe("failed");
    expect(await db.command.findUniqueOrThrow({ where: { id: command.id } })).toMatchObject({ state: "expired" });
    await answer(command.id, "done");
    expect(await db.command.findUniqueOrThrow({ where: { id: command.id } })).toMatchObject({ state: "done" });
    expect(await advance(id)).toBe("failed");
  });

  test("accepted and then silent for long: unknown, the checks decide", async () => {
    const { id, command } = await startStep();
    await accept(command.id);
    pass(200);
    expect(await advance(id)).toBe("running");
    pass(101);
    expect(await advance(id)).toBe("verifying");
  });

  test("a second result and a result for another node's command change nothing", async () => {
    const { id, command } = await startStep();
    const mine = engine.nodeId;
    engine.nodeId = await addNode(db, { name: `not ${mine}` });
    await answer(command.id, "done");
    engine.nodeId = mine;
    expect(await advance(id)).toBe("running");
    await answer(command.id, "refused");
    await answer(command.id, "done");
    expect(await advance(id)).toBe("failed");
  });
});

describe("refusals", () => {
  test("a plan that is another one now is not started", async () => {
    const findingId = await openFinding();
    const { planHash, repairId } = await previewRepair.call(ctx(), { findingId });
    await expect(
      startRepair.call(ctx(), { findingId, repairId, planHash: `0${planHash.slice(1)}0` }),
    ).rejects.toMatchObject({ code: "conflict" });
    await report({
      ...dead,
      modules: [aModule({ name: "other-module", state: "stopped", process: null })],
      runtimes: [aRuntime({ module: "other-module", probe: failedProbe("UNAVAILABLE", 3) })],
    });
    await expect(startRepair.call(ctx(), { findingId, repairId, planHash })).rejects.toMatchObject({
      code: "conflict",
      publicMessage: expect.stringContaining("changed"),
    });
    expect(await db.repair.count({ where: { nodeId } })).toBe(0);
  });

  test("a guard that does not hold", async () => {
    const findingId = await openFinding();
    const { planHash, repairId } = await previewRepair.call(ctx(), { findingId });
    await report({ modules: [aModule({ state: "stopped", process: null, restartable: false })] });
    expect(await previewRepair.call(ctx(), { findingId })).toMatchObject({
      canStart: false,
      refusal: { en: expect.stringContaining("policy") },
    });
    await expect(startRepair.call(ctx(), { findingId, repairId, planHash })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  test("a guard that holds no longer when the evidence is there: nothing is touched", async () => {
    const { id } = await start();
    await advance(id);
    await report(alive());
    await answer((await commands(id))[0]?.id ?? "", "done");
    expect(await advance(id)).toBe("failed");
    expect(await commands(id)).toHaveLength(1);
  });

  test("one repair at a time on a node, also when two start at once", async () => {
    const findingId = await openFinding();
    const { planHash, repairId } = await previewRepair.call(ctx(), { findingId });
    const both = await Promise.allSettled(
      [1, 2, 3].map(() => startRepair.call(ctx(), { findingId, repairId, planHash })),
    );
    expect(both.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of both) if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "conflict" });
    expect(await db.repair.count({ where: { nodeId } })).toBe(1);
    expect(await previewRepair.call(ctx(), { findingId })).toMatchObject({
      canStart: false,
      refusal: { en: expect.stringContaining("Another repair") },
    });
  });

  test("a viewer may look but not start", async () => {
    const findingId = await openFinding();
    const viewer = contextOf(db, "viewer", now);
    const { planHash, repairId } = await previewRepair.call(viewer, { findingId });
    await expect(startRepair.call(viewer, { findingId, repairId, planHash })).rejects.toMatchObject({
      code: "forbidden",
    });
  });
});

test("cancel before the first step; too late once the last one is signed", async () => {
  const { id } = await start();
  await advance(id);
  await cancelRepair.call(ctx(), { id });
  expect(await advance(id)).toBe("cancelled");
  await answer((await commands(id))[0]?.id ?? "", "done");
  expect(await advance(id)).toBe("cancelled");
  expect(await commands(id)).toHaveLength(1);
  await db.finding.updateMany({ where: { nodeId }, data: { state: "closed", liveKey: null, closedAt: now() } });
  const second = await startStep();
  await expect(cancelRepair.call(ctx(), { id: second.id })).rejects.toMatchObject({ code: "conflict" });
});

test("a command that nobody signs for 5 minutes is given up, and the dispatcher signs it no more", async () => {
  const { id } = await start();
  expect(await advanceRepair(db, id, now)).toBe("capturing");
  pass(299);
  expect(await advanceRepair(db, id, now)).toBe("capturing");
  pass(2);
  expect(await advance(id)).toBe("failed");
  expect((await getRepair.call(ctx(), { id })).outcome?.en).toContain("dispatcher did not sign it within 5 minutes");
  expect(await commands(id)).toMatchObject([{ state: "expired", signature: null }]);
});

test("what the dispatcher refuses ends the repair with its words, not as the node's", async () => {
  const { id } = await start();
  await advanceRepair(db, id, now);
  await db.command.updateMany({
    where: { repairId: id },
    data: { type: "module.restart", params: { module: "sshd", mode: "restart", process: null } },
  });
  await engine.dispatch();
  expect(await advance(id)).toBe("failed");
  const { outcome } = await getRepair.call(ctx(), { id });
  expect(outcome?.en).toContain("the dispatcher refused to sign it (not-planned");
  expect(outcome?.en).not.toContain("by the node");
});

test("rights that are taken away stop the run at its next step", async () => {
  const { id } = await start();
  await advance(id);
  await db.user.update({ where: { id: "olga" }, data: { role: "viewer" } });
  await answer((await commands(id))[0]?.id ?? "", "done", { changed: false });
  expect(await advance(id)).toBe("cancelled");
  await db.user.update({ where: { id: "olga" }, data: { role: "operator" } });
  expect(await commands(id)).toHaveLength(1);
  expect((await getRepair.call(ctx(), { id })).outcome?.en).toContain("may not do so any more");
});

test("without anybody's approval it runs only while the requester may run repairs, also by a token of theirs", async () => {
  const { id } = await start();
  await advance(id);
  await db.user.update({ where: { id: "olga" }, data: { role: "user" } }); // may still ask, no more
  await answer((await commands(id))[0]?.id ?? "", "done", { changed: false });
  expect(await advance(id)).toBe("cancelled");

  await db.user.update({ where: { id: "olga" }, data: { role: "operator" } });
  await engine.freshNode();
  const second = await start();
  const token = await addToken(db, now(), { role: "operator", ownerId: "olga" });
  await db.repair.update({ where: { id: second.id }, data: { requestedBy: `token:${token.id}` } });
  expect(await advance(second.id)).toBe("capturing");
  await db.user.update({ where: { id: "olga" }, data: { role: "user" } });
  await answer((await commands(second.id))[0]?.id ?? "", "done", { changed: false });
  expect(await advance(second.id)).toBe("cancelled");
  await db.user.update({ where: { id: "olga" }, data: { role: "operator" } });
});
