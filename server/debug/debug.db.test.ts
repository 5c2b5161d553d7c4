// A report from asking to reading on a real PostgreSQL: verbs, engine, dispatcher and ingest as they are; only the agent is played.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { aReport, aShim, read } from "../../diagnosis/debug/reports.fixture.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { Engine } from "../repairs/engine.fixture.ts";
import { listRepairs } from "../repairs/list.ts";
import { activeRepairs } from "../repairs/sweep.ts";
import { getDebug } from "./get.ts";
import { listDebug } from "./list.ts";
import { startDebug } from "./start.ts";

let database: TestDatabase;
let engine: Engine;
let ctx: () => Context;
let node: string;

beforeAll(async () => {
  database = await testDatabase();
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
beforeEach(async () => {
  node = await engine.freshNode();
});

const ID = "ab".repeat(32);
const only = async (id: string) => (await engine.commands(id))[0] ?? expect.fail("no command");

describe("a debug report", () => {
  test("is signed without approval, read by the agent once, and says first what is abnormal", async () => {
    const { id } = await startDebug.call(ctx(), { node, container: ID });
    expect(await activeRepairs(database.as("workers"), engine.clock)).toContain(id);
    expect(await engine.advance(id)).toBe("running");
    const command = await only(id);
    expect(command).toMatchObject({
      type: "debug.collect",
      params: { containerId: ID },
      role: "step",
      state: "signed",
    });
    await engine.accept(command.id);
    const report = aReport({ shims: read([aShim({ state: "T", isAnswering: false })]) });
    await engine.answer(command.id, "done", { output: { report } });
    expect(await engine.advance(id)).toBe("succeeded");
    const detail = await getDebug.call(ctx(), { id });
    expect(detail).toMatchObject({ state: "succeeded", containerId: ID, containerName: "web", requestedBy: "olga" });
    expect(detail.abnormal[0]).toMatchObject({ rule: "shim-stopped", side: "ours" });
    expect(detail.verdict).toMatchObject({ side: "ours", isWell: false });
    expect(detail.causes[0]?.id).toBe("shim-connection-lost");
    expect(await engine.commands(id)).toHaveLength(1);
    expect(await activeRepairs(database.as("workers"), engine.clock)).not.toContain(id);
  });

  test("lines of the container's log name their cause", async () => {
    const { id } = await startDebug.call(ctx(), { node, container: ID });
    await engine.advance(id);
    const command = await only(id);
    await engine.accept(command.id);
    const line = "write /data/x: no space left on device";
    const report = aReport({ log: read({ path: "/l", lines: [line] }) });
    await engine.answer(command.id, "done", { output: { report } });
    await engine.advance(id);
    const { causes, abnormal } = await getDebug.call(ctx(), { id });
    expect(abnormal).toEqual([]);
    expect(causes[0]?.id).toBe("disk-full");
  });

  test("holds no node and shows in no list of repairs", async () => {
    const { id } = await startDebug.call(ctx(), { node });
    await startDebug.call(ctx(), { node });
    expect((await listRepairs.call(ctx(), { node })).rows).toEqual([]);
    expect((await listDebug.call(ctx(), { node })).total).toBe(2);
    const row = await engine.db.repair.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({ activeKey: null, rolloutId: null, findingId: null });
  });

  test("a command that is another than the plan's is not signed", async () => {
    const { id } = await startDebug.call(ctx(), { node });
    await engine.db.repair.update({ where: { id }, data: { repairId: "debug.shell" } });
    await engine.advance(id);
    expect((await only(id)).state).toBe("refused");
  });

  test("fails with the node's own word, and without a report nothing is concluded", async () => {
    const { id } = await startDebug.call(ctx(), { node, container: ID });
    await engine.advance(id);
    const command = await only(id);
    await engine.accept(command.id);
    await engine.answer(command.id, "failed", { message: "nobody knows it" });
    expect(await engine.advance(id)).toBe("failed");
    const detail = await getDebug.call(ctx(), { id });
    expect(detail).toMatchObject({ report: null, abnormal: [], verdict: null });
    expect(detail.outcome?.en).toContain("nobody knows it");
  });

  test("is for those who may look", async () => {
    await engine.person("vera", "viewer");
    const viewer = engine.contextOf("vera", "viewer");
    await expect(startDebug.call(viewer, { node })).rejects.toMatchObject({ code: "forbidden" });
  });
});
