// The workers process itself, and the dispatcher beside it, killed again and again during a repair of two steps: it ends exactly once. Only the agent is
// played; its rows go through ingest. The repair is disruptive, so a person signs it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ephemeralPort } from "../cli/ports.ts";
import type { FactData, FactKind } from "../protocol/facts.ts";
import { ingest, type NodeBatch } from "../server/agents/ingest.ts";
import { approveRun } from "../server/approvals/approve.ts";
import { getApproval } from "../server/approvals/waiting.ts";
import type { Context } from "../server/core/context.ts";
import { closeQueues } from "../server/core/queue.ts";
import { localKey, makeFolder, PUBLIC_URL } from "../server/dispatch/dispatcher.fixture.ts";
import { previewRepair, previewUndo } from "../server/repairs/preview.ts";
import { startRepair, undoRepair } from "../server/repairs/start.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { healthyData } from "../testing/facts.ts";
import { addNode } from "../testing/fleet.ts";

let database: TestDatabase;
let dataDir = "";
const children: ChildProcess[] = [];
let healthPort = 0;
const anna = localKey("user:anna");

beforeAll(async () => {
  database = await testDatabase();
  dataDir = await makeFolder(anna);
  await database.prisma.user.create({
    data: { id: "anna", email: "anna@console.example", name: "anna", role: "admin" },
  });
  healthPort = await ephemeralPort();
  process.env.DATABASE_URL = database.url;
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await closeQueues();
  delete process.env.DATABASE_URL;
  await database.drop();
  rmSync(dataDir, { recursive: true });
});

function startProcess(name: "workers" | "dispatcher", file: string, env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, file)], {
    env: {
      NODE_ENV: "test",
      PATH: process.env.PATH,
      DATABASE_URL: database.urlOf(name),
      NODEOPS_DATA: dataDir,
      ...env,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  children.push(child);
  return child;
}
const startWorkers = () => startProcess("workers", "main.ts", { HEALTH_PORT: String(healthPort) });
const startDispatcher = () => startProcess("dispatcher", "dispatcher.ts", { PUBLIC_URL });
/** Anna, administrator and the only person who can sign. */
function asAnna(db: Context["db"]): Context {
  const grants = [{ role: "admin", selector: "*" }] as const;
  const session = { sessionId: "s", verifiedAt: new Date(), breakGlassUntil: null };
  return {
    db,
    actor: { kind: "user", id: "anna", name: "anna", grants, ...session },
    now: () => new Date(),
    requestId: "test",
  };
}
/** Signs what the console offers to sign, once the dispatcher has told it of the key. */
async function approve(ctx: Context, id: string): Promise<void> {
  const statement = await eventually(async () => {
    const offered = (await getApproval.call(ctx, { id })).approval.toSign?.statement;
    if (!offered) throw new Error("nothing to sign yet");
    return offered;
  });
  await approveRun.call(ctx, { id, signature: anna.sign(statement) });
}
async function kill(child: ChildProcess, signal: "SIGKILL" | "SIGTERM") {
  const exit = once(child, "exit");
  child.kill(signal);
  return exit;
}
const get = async (path: string) => {
  const answer = await fetch(`http://127.0.0.1:${healthPort}${path}`);
  return { status: answer.status, body: await answer.text() };
};
const eventually = <T>(assertion: () => Promise<T>) => vi.waitFor(assertion, { timeout: 25_000, interval: 50 });

const conntrack = (over: Partial<FactData["conntrack"]>): Partial<FactData> => ({
  conntrack: { ...healthyData().conntrack, ...over },
});
const full = conntrack({
  count: 62_000,
  max: 65_536,
  usedRatio: 62_000 / 65_536,
  maxWritable: false,
  groups: { "udp unreplied": 60_000, "tcp established": 2_000 },
  udpTimeoutS: 30,
});
const roomy = conntrack({
  count: 2_000,
  max: 65_536,
  usedRatio: 2_000 / 65_536,
  maxWritable: false,
  groups: { "tcp established": 2_000 },
  udpTimeoutS: 10,
});

test("a repair ends exactly once, however often its workers die", { timeout: 90_000 }, async () => {
  const nodeId = await addNode(database.prisma, { name: "chaos" });
  await database.prisma.node.update({ where: { id: nodeId }, data: { isConnected: true } });
  const beat = { pid: 1, version: "1", startedAt: new Date(), beatAt: new Date(Date.now() + 3_600_000) };
  await database.prisma.processBeat.create({ data: { name: "gateway", ...beat } });
  const send = (part: Partial<NodeBatch>) =>
    ingest(database.pool, [{ nodeId, facts: [], durable: [], accepted: [], ...part }], new Date());
  let reports = 0;
  const report = (data: Partial<FactData>) => {
    reports += 1;
    const facts = Object.entries(data).map(([kind, value]) => ({
      kind: kind as FactKind,
      hash: `${reports}`,
      at: Date.now(),
      data: value,
      error: null,
    }));
    return send({ facts });
  };
  let seq = 0;
  const answered: string[] = [];
  /** Answers the next command, once it is there; as an agent does, at most once. */
  const answerNext = async (type: string, changed: boolean) => {
    const command = await eventually(() =>
      database.prisma.command.findFirstOrThrow({ where: { nodeId, state: "signed", type, id: { notIn: answered } } }),
    );
    answered.push(command.id);
    seq += 1;
    const result = {
      commandId: command.id,
      status: "done" as const,
      code: null,
      message: "",
      changed,
      output: {},
      startedAt: Date.now(),
      endedAt: Date.now(),
    };
    await send({ accepted: [command.id] });
    await send({ durable: [{ seq, body: { type: "result", result } }] });
  };
  const ctx = asAnna(database.prisma);
  const stateOf = async (id: string) => (await database.prisma.repair.findUniqueOrThrow({ where: { id } })).state;

  await report({ ...healthyData(), ...full });
  let workers = startWorkers();
  let dispatcher = startDispatcher();
  const finding = await eventually(() =>
    database.prisma.finding.findFirstOrThrow({ where: { nodeId, checkId: "conntrack-almost-full", state: "open" } }),
  );
  await eventually(async () => expect((await get("/readyz")).status).toBe(200));
  expect((await get("/metrics")).body).toContain(
    'nodeops_requests_success_total{kind="job",interface="inspections.sweep",process="workers"}',
  );

  await report(full);
  const preview = await previewRepair.call(ctx, { findingId: finding.id });
  const [first, second, ...more] = preview.plan?.steps.map(({ action }) => action.type) ?? [];
  if (!first || !second || more.length > 0) throw new Error("this test wants a repair of two steps");
  const { id } = await startRepair.call(ctx, {
    findingId: finding.id,
    repairId: preview.repairId,
    planHash: preview.planHash,
  });
  await approve(ctx, id);
  await kill(workers, "SIGKILL");
  workers = startWorkers();
  await answerNext("evidence.capture", false);
  await kill(dispatcher, "SIGKILL");
  dispatcher = startDispatcher();
  await kill(workers, "SIGKILL");
  workers = startWorkers();
  await answerNext(first, true);
  for (const process of ["workers", "dispatcher"] as const) {
    // A role may cut its own connections only: each cuts its own.
    await database
      .poolOf(process)
      .query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()",
      );
  }
  await answerNext(second, true);
  await kill(workers, "SIGKILL");
  workers = startWorkers();
  await eventually(async () => expect(await stateOf(id)).toBe("verifying"));
  await eventually(async () => {
    await report(roomy);
    expect(await stateOf(id)).toBe("succeeded");
  });
  const commands = await database.prisma.command.findMany({ where: { repairId: id }, orderBy: { generation: "asc" } });
  expect(commands.map(({ role, stepIndex, state }) => [role, stepIndex, state])).toEqual([
    ["evidence", 0, "done"],
    ["step", 0, "done"],
    ["step", 1, "done"],
  ]);
  expect(await database.prisma.finding.findUniqueOrThrow({ where: { id: finding.id } })).toMatchObject({
    state: "closed",
    closeReason: "repaired",
  });

  const undo = await previewUndo.call(ctx, { id });
  expect(undo.plan?.steps.map(({ action }) => action)).toMatchObject([
    { type: "sysctl.set", params: { value: "30", expected: "10" } },
  ]);
  const undoing = await undoRepair.call(ctx, { id, planHash: undo.planHash });
  await approve(ctx, undoing.id);
  await answerNext("evidence.capture", false);
  await answerNext("sysctl.set", true);
  await eventually(async () => expect(await stateOf(undoing.id)).toBe("succeeded"));
  expect(await previewUndo.call(ctx, { id })).toMatchObject({
    canStart: false,
    refusal: { en: "It was undone already." },
  });

  expect((await kill(workers, "SIGTERM"))[0]).toBe(0);
  expect((await kill(dispatcher, "SIGTERM"))[0]).toBe(0);
  expect(await stateOf(id)).toBe("succeeded");
});
