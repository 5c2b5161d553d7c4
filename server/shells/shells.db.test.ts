// A shell from asking to its end on a real PostgreSQL: verbs, engine, dispatcher and the gateway's store as they are; only the agent is played.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { aProcess, aReport, read } from "../../diagnosis/debug/reports.fixture.ts";
import { storePiece } from "../../gateway/shells.ts";
import type { PlanStatement } from "../../protocol/statement.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { approveRun } from "../approvals/approve.ts";
import { getApproval } from "../approvals/waiting.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { startDebug } from "../debug/start.ts";
import { localKey } from "../dispatch/dispatcher.fixture.ts";
import { Engine } from "../repairs/engine.fixture.ts";
import { listRepairs } from "../repairs/list.ts";
import { activeRepairs } from "../repairs/sweep.ts";
import { getShell } from "./get.ts";
import { listShells } from "./list.ts";
import { readShell } from "./output.ts";
import { requestShell } from "./request.ts";
import { stopShell } from "./stop.ts";
import { tidyShells } from "./tidy.ts";
import { typeIntoShell } from "./type.ts";

const anna = localKey("user:anna");
const ID = "ab".repeat(32);
let database: TestDatabase;
let engine: Engine;
let asOlga: Context;
let asAnna: Context;
let node: string;

/** As someone who has just confirmed who they are. */
const confirmed = (ctx: Context): Context =>
  ctx.actor.kind === "user" ? { ...ctx, actor: { ...ctx.actor, verifiedAt: engine.now() } } : ctx;

async function allow(shells: { allow: boolean; maxMinutes?: number }): Promise<void> {
  const path = join(engine.dataDir, "dispatcher", "policy.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), shells }));
  engine.restartDispatcher();
}
async function say(shells: { allow: boolean; maxMinutes: number } | null): Promise<void> {
  const beat = {
    pid: 1,
    version: "1",
    startedAt: engine.clock,
    beatAt: engine.clock,
    detail: shells ? { shells } : {},
  };
  await engine.db.processBeat.upsert({
    where: { name: "dispatcher" },
    create: { name: "dispatcher", ...beat },
    update: beat,
    select: { name: true },
  });
}

beforeAll(async () => {
  database = await testDatabase();
  engine = await Engine.open(database, anna);
  asOlga = await engine.person("olga", "operator");
  asAnna = await engine.person("anna", "admin");
  await engine.dispatch(); // takes the first approval key
  process.env.DATABASE_URL = database.url; // where the verbs' own jobs go
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  engine.close();
  await database.drop();
});
beforeEach(async () => {
  await engine.db.shell.deleteMany();
  await say(null);
  await allow({ allow: true });
  node = await engine.freshNode();
});

const ask = (over: Partial<Parameters<typeof requestShell.call>[1]> = {}) =>
  requestShell.call(confirmed(asOlga), { node, minutes: 5, reason: "look at it", ...over });

async function approve(id: string): Promise<void> {
  const { approval } = await getApproval.call(asAnna, { id });
  await approveRun.call(asAnna, { id, signature: anna.sign(approval.toSign?.statement as PlanStatement) });
}
const only = async (id: string) => (await engine.commands(id))[0] ?? expect.fail("no command");

/** Asked for, approved, signed; the agent said that it is open and printed a prompt. */
async function open(over: Parameters<typeof ask>[0] = {}): Promise<string> {
  const { id } = await ask(over);
  await approve(id);
  expect(await engine.advance(id)).toBe("running");
  const command = await only(id);
  expect(command).toMatchObject({ type: "shell.open", state: "signed" });
  await engine.accept(command.id);
  await engine.answer(command.id, "done", { output: { shellId: id } });
  await print(id, 1, "# ");
  expect(await engine.advance(id)).toBe("succeeded");
  return id;
}
const print = (shellId: string, seq: number, text: string) =>
  storePiece(database.poolOf("gateway"), node, {
    ...{ type: "shell-output", shellId, seq, atMs: seq * 10 },
    data: new Uint8Array(Buffer.from(text)),
  });
const end = (shellId: string, seq: number) =>
  storePiece(database.poolOf("gateway"), node, {
    ...{ type: "shell-ended", shellId, seq, atMs: seq * 10, reason: "deadline", exitCode: null, left: 0 },
  });
const typed = async (id: string) =>
  (await engine.db.shellInput.findMany({ where: { shellId: id }, orderBy: { seq: "asc" } })).map(
    ({ kind, data }) => `${kind} ${Buffer.from(data).toString()}`,
  );
const keys = (text: string) => ({ kind: "i" as const, data: Buffer.from(text).toString("base64") });

describe("a shell", () => {
  test("waits for somebody else's signature, then opens, carries keys down and keeps what it prints", async () => {
    const { id } = await ask();
    expect(await getShell.call(asOlga, { id })).toMatchObject({ state: "awaiting", isYours: true });
    expect(await activeRepairs(database.as("workers"), engine.clock)).not.toContain(id);
    await engine.advance(id);
    expect(await engine.commands(id)).toEqual([]);
    await expect(typeIntoShell.call(asOlga, { id, inputs: [keys("id\n")] })).rejects.toMatchObject({
      code: "conflict",
    });
    await engine.db.shell.deleteMany();

    const opened = await open();
    expect(await getShell.call(asOlga, { id: opened })).toMatchObject({ state: "open", last: 1, outputBytes: 2 });
    await typeIntoShell.call(asOlga, {
      id: opened,
      inputs: [keys("id\n"), { kind: "r", data: Buffer.from("120x40").toString("base64") }],
    });
    await typeIntoShell.call(asOlga, { id: opened, inputs: [keys("exit\n")] });
    expect(await typed(opened)).toEqual(["i id\n", "r 120x40", "i exit\n"]);
    await print(opened, 2, "uid=0\n");
    const first = await readShell.call(asAnna, { id: opened, after: 1 });
    expect(first).toMatchObject({ hasMore: false, isOver: false });
    expect(first.pieces.map(({ data }) => Buffer.from(data, "base64").toString())).toEqual(["uid=0\n"]);
    await end(opened, 3);
    expect(await readShell.call(asAnna, { id: opened })).toMatchObject({ isOver: true });
    expect(await getShell.call(asAnna, { id: opened })).toMatchObject({
      ...{ state: "ended", endReason: "deadline", isYours: false, cols: 120, rows: 40 },
    });
  });

  test("its command names exactly the container's first process, and the time that was approved", async () => {
    const { id: report } = await startDebug.call(asOlga, { node, container: ID });
    await engine.advance(report);
    const look = await only(report);
    await engine.accept(look.id);
    const list = [
      aProcess({ pid: 812, innerPid: 9, startTicks: 70 }),
      aProcess({ pid: 800, innerPid: 1, startTicks: 90 }),
    ];
    const at = engine.clock.getTime();
    await engine.answer(look.id, "done", { output: { report: aReport({ at, processes: read({ total: 2, list }) }) } });
    await engine.advance(report);
    const id = await open({ report, namespaces: ["net", "pid"], minutes: 7 });
    expect((await only(id)).params).toMatchObject({
      ...{
        shellId: id,
        containerId: ID,
        process: { pid: 800, startTicks: 90 },
        namespaces: ["net", "pid"],
        seconds: 420,
      },
    });
    expect(await getShell.call(asOlga, { id })).toMatchObject({ subject: "web", containerId: ID });
    engine.pass(3_700);
    await expect(ask({ report })).rejects.toMatchObject({ publicMessage: expect.stringContaining("Look again") });
  });

  test("only the one who asked types; any of the staff ends it", async () => {
    const id = await open();
    await expect(typeIntoShell.call(asAnna, { id, inputs: [keys("x")] })).rejects.toMatchObject({ code: "forbidden" });
    await stopShell.call(asAnna, { id });
    expect(await typed(id)).toEqual(["x stopped"]);
    const own = await open();
    await stopShell.call(asOlga, { id: own });
    expect(await typed(own)).toEqual(["x closed"]);
  });

  test("one that waits is withdrawn and opens no more", async () => {
    const { id } = await ask();
    await stopShell.call(asOlga, { id });
    expect(await engine.advance(id)).toBe("cancelled");
    expect(await getShell.call(asOlga, { id })).toMatchObject({ state: "refused" });
    expect(await tidyShells(database.as("workers"), engine.clock)).toBe(1);
    expect((await listShells.call(asOlga, { node })).rows).toMatchObject([{ id, state: "refused" }]);
    expect((await listShells.call(asOlga, { node, state: "live" })).rows).toEqual([]);
    expect((await listRepairs.call(asOlga, { node })).rows).toEqual([]);
  });

  test("the dispatcher's own policy is the last word: rows and signatures open nothing", async () => {
    await allow({ allow: false });
    const { id } = await ask();
    await approve(id);
    await engine.advance(id);
    expect((await only(id)).state).toBe("refused");
    await engine.advance(id);
    const { state, outcome } = await getShell.call(asOlga, { id });
    expect(state).toBe("refused");
    expect(outcome?.en).toContain("does not allow shells");
  });

  test("is not even asked for where the dispatcher has said no, longer than it allows, or too often", async () => {
    await say({ allow: false, maxMinutes: 60 });
    await expect(ask()).rejects.toMatchObject({ publicMessage: expect.stringContaining("--allow-shells") });
    await say({ allow: true, maxMinutes: 3 });
    await expect(ask()).rejects.toMatchObject({ publicMessage: expect.stringContaining("3 minutes") });
    for (let count = 0; count < 4; count += 1) await ask({ minutes: 2 });
    await expect(ask({ minutes: 2 })).rejects.toMatchObject({ code: "conflict" });
    const unconfirmed = requestShell.call(asOlga, { node, minutes: 2, reason: "look at it" });
    await expect(unconfirmed).rejects.toMatchObject({ code: "forbidden" });
  });

  test("keys do not outlive it, and one that is heard of no more is over after its deadline", async () => {
    const id = await open();
    await typeIntoShell.call(asOlga, { id, inputs: [keys("secret\n")] });
    const { deadlineAt } = await getShell.call(asOlga, { id });
    const deadline = deadlineAt ?? expect.fail("no deadline");
    await tidyShells(database.as("workers"), new Date(deadline.getTime() + 60_000));
    expect(await getShell.call(asOlga, { id })).toMatchObject({ state: "open" });
    expect(await typed(id)).toEqual(["i secret\n"]);
    await tidyShells(database.as("workers"), new Date(deadline.getTime() + 180_000));
    expect(await getShell.call(asOlga, { id })).toMatchObject({ state: "ended", endReason: "lost" });
    expect(await typed(id)).toEqual([]);
    expect((await readShell.call(asOlga, { id })).pieces).toHaveLength(1);
  });

  test("a long record is read in parts, in order and whole", async () => {
    const id = await open();
    const size = 32_000;
    for (let seq = 2; seq <= 50; seq += 1) await print(id, seq, String.fromCharCode(64 + seq).repeat(size));
    const seen: number[] = [];
    for (let after = 0, hasMore = true; hasMore; ) {
      const part = await readShell.call(asOlga, { id, after });
      seen.push(...part.pieces.map(({ seq }) => seq));
      expect(part.pieces.length).toBeLessThan(40);
      ({ hasMore } = part);
      after = part.pieces.at(-1)?.seq ?? after;
    }
    expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });
});
