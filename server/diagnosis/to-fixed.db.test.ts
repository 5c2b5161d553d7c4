// From "what is wrong?" to "fixed" on a real PostgreSQL with the real engine and dispatcher: a user asks, requests, somebody says yes, the user watches.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { approveRun, releaseRun } from "../approvals/approve.ts";
import { getApproval, waitingRuns } from "../approvals/waiting.ts";
import type { Context } from "../core/context.ts";
import { closeQueues } from "../core/queue.ts";
import { localKey } from "../dispatch/dispatcher.fixture.ts";
import { alive, dead, Engine, hung } from "../repairs/engine.fixture.ts";
import { previewRepair } from "../repairs/preview.ts";
import { askDiagnosis } from "./ask.ts";
import { getCase } from "./case.ts";
import { explainCase } from "./explain.ts";
import { previewExplanation } from "./explain-preview.ts";
import { liveDiagnosis } from "./live.ts";
import { listMyCases } from "./mine.ts";
import { requestRepair } from "./request-repair.ts";
import type { CaseDetail } from "./schema.ts";

let database: TestDatabase;
let db: PrismaClient;
let engine: Engine;
const anna = localKey("user:anna");
let asAnna: Context;
let asOlga: Context;
/** May ask only. */
let asUma: Context;

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  engine = await Engine.open(database, anna);
  process.env.DATABASE_URL = database.url; // where the verbs' own jobs go
  asAnna = await engine.person("anna", "admin");
  asOlga = await engine.person("olga", "operator");
  asUma = await engine.person("uma", "user");
  await engine.freshNode();
  await engine.dispatch();
});
afterAll(async () => {
  await closeQueues();
  delete process.env.DATABASE_URL;
  engine.close();
  await database.drop();
});
beforeEach(async () => {
  await engine.freshNode();
});

const askNode = async (ctx: Context) => {
  const { name } = await db.node.findUniqueOrThrow({ where: { id: engine.nodeId } });
  return liveDiagnosis.call(ctx, { node: name });
};
const stageOf = async (caseId: string) => (await getCase.call(asUma, { id: caseId })).progress?.stage;

/** Requests a suggested repair, with the plan as it is now. */
async function request(ctx: Context, { caseId, suggestions }: CaseDetail, wanted: string) {
  const suggested = suggestions.find(({ repairId }) => repairId === wanted);
  if (!suggested) throw new Error(`${wanted} is not suggested: ${suggestions.map(({ repairId }) => repairId).join()}`);
  const { findingId, repairId } = suggested;
  const { planHash } = await previewRepair.call(ctx, { findingId, repairId });
  return requestRepair.call(ctx, { caseId, findingId, repairId, planHash });
}

/** Workers, dispatcher and agent do their turns. */
async function carryOut(id: string): Promise<void> {
  for (let i = 0; i < 4; i += 1) {
    await engine.advance(id);
    for (const { id: command, state } of await engine.commands(id))
      if (state === "signed") await engine.answer(command, "done");
  }
}

test("asked, released by somebody else, carried out, verified: the user watches it until it is fixed", async () => {
  await engine.openFinding(dead);
  const answer = await askNode(asUma);
  expect(answer).toMatchObject({ kind: "node", verdict: { side: "ours" }, progress: null });
  expect(answer.suggestions[0]).toMatchObject({ repairId: "start-runtime", way: "request", runId: null });
  const started = await request(asUma, answer, "start-runtime");
  expect(started.state).toBe("awaiting");
  expect(await waitingRuns.call(asOlga, {})).toMatchObject([{ id: started.id, requestedByName: "uma" }]);
  const [audit] = await db.auditEvent.findMany({ where: { action: "diagnosis.requestRepair", entityId: started.id } });
  expect(audit).toMatchObject({
    outcome: "done",
    entity: "repair",
    after: { caseId: answer.caseId, state: "awaiting" },
  });
  const waiting = await getCase.call(asUma, { id: answer.caseId });
  expect(waiting.progress).toMatchObject({ stage: "awaiting", runId: started.id });
  expect(waiting.suggestions.find(({ repairId }) => repairId === "start-runtime")?.runId).toBe(started.id);
  expect(waiting.findings[0]).toMatchObject({ isPresent: true, isWorkedOn: true });
  await releaseRun.call(asOlga, { id: started.id });
  expect(await stageOf(answer.caseId)).toBe("approved");
  await carryOut(started.id);
  expect(await stageOf(answer.caseId)).toBe("verifying");
  engine.pass(10);
  await engine.report(alive());
  await engine.advance(started.id);
  const fixed = await getCase.call(asUma, { id: answer.caseId });
  expect(fixed.progress).toMatchObject({ stage: "fixed", outcome: { en: expect.any(String) } });
  expect(fixed.progress?.steps.map(({ stage, at, isNow }) => [stage, at !== null, isNow])).toEqual([
    ["awaiting", true, false],
    ["approved", true, false],
    ["running", true, false],
    ["verifying", true, false],
    ["fixed", true, true],
  ]);
  expect((await listMyCases.call(asUma, {})).rows[0]).toMatchObject({ id: answer.caseId, stage: "fixed" });
});

test("a disruptive one waits for a signature, and a failure is told as such", async () => {
  await engine.openFinding(hung(), "runtime-hung");
  const answer = await askNode(asUma);
  const suggested = answer.suggestions.find(({ risk }) => risk === "disruptive");
  expect(suggested).toMatchObject({ way: "request", approval: { kind: "signature", needed: 1 } });
  const { id } = await request(asUma, answer, suggested?.repairId ?? "");
  const { approval } = await getApproval.call(asAnna, { id });
  if (!approval.toSign) throw new Error("nothing to sign");
  await approveRun.call(asAnna, { id, signature: anna.sign(approval.toSign.statement as never) });
  for (let i = 0; i < 4; i += 1) {
    await engine.advance(id);
    for (const { id: command, role, state } of await engine.commands(id))
      if (state === "signed") await engine.answer(command, role === "evidence" ? "done" : "failed");
  }
  expect(await stageOf(answer.caseId)).toBe("failed");
});

test("who may start it starts it; what the answer does not suggest, or another plan, is refused", async () => {
  await engine.openFinding(dead);
  const answer = await askNode(asOlga);
  const [suggested] = answer.suggestions;
  expect(suggested).toMatchObject({ way: "start", repairId: "start-runtime" });
  const findingId = suggested?.findingId ?? "";
  const base = { caseId: answer.caseId, repairId: "start-runtime", planHash: "0".repeat(64) };
  await expect(requestRepair.call(asOlga, { ...base, findingId })).rejects.toMatchObject({ code: "conflict" });
  const elsewhere = await engine.freshNode().then(() => engine.openFinding(dead));
  await expect(requestRepair.call(asOlga, { ...base, findingId: elsewhere })).rejects.toMatchObject({
    code: "invalid",
  });
  await expect(requestRepair.call(asUma, { ...base, findingId })).rejects.toMatchObject({ code: "forbidden" });
  expect((await request(asOlga, answer, "start-runtime")).state).toBe("queued");
});

const variables = [
  "NODEOPS_EXPLAINER_URL",
  "NODEOPS_EXPLAINER_MODEL",
  "NODEOPS_EXPLAINER_KEY_FILE",
  "NODEOPS_EXPLAINER_ALLOW",
];

/** A model's server that keeps what it was told. */
async function modelServer(reply: (body: string) => { status: number; body: string }) {
  const heard: { authorization: string | undefined; url: string | undefined; body: string }[] = [];
  const server: Server = createServer((req, res) => {
    let body = "";
    req.on("data", (chunk: Buffer) => {
      body += chunk.toString("utf8");
    });
    req.on("end", () => {
      heard.push({ authorization: req.headers.authorization, url: req.url, body });
      const answer = reply(body);
      res.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { heard, url: `http://127.0.0.1:${port}/v1`, close: () => new Promise((resolve) => server.close(resolve)) };
}

test("the explainer is off by default, sends exactly what was shown, and nothing of it is stored", async () => {
  const text = "nf_conntrack: table full, dropping packet; password=hunter2";
  const { caseId, canExplain } = await askDiagnosis.call(asUma, { text });
  expect(canExplain).toBe(false);
  expect(await previewExplanation.call(asUma, { caseId })).toMatchObject({ isConfigured: false, endpoint: "" });
  await expect(explainCase.call(asUma, { caseId, confirm: true })).rejects.toMatchObject({ code: "conflict" });
  const folder = mkdtempSync(join(tmpdir(), "nodeops-explainer-"));
  const keyFile = join(folder, "key");
  writeFileSync(keyFile, "the-api-key\n");
  let isBroken = false;
  const said = JSON.stringify({ choices: [{ message: { content: "The table is full." } }] });
  const model = await modelServer(() => (isBroken ? { status: 500, body: "" } : { status: 200, body: said }));
  try {
    process.env.NODEOPS_EXPLAINER_URL = model.url;
    process.env.NODEOPS_EXPLAINER_MODEL = "small-model";
    process.env.NODEOPS_EXPLAINER_KEY_FILE = keyFile;
    // The loopback is not of the public internet: not called unless the operator opens it.
    const refused = await explainCase.call(asUma, { caseId, confirm: true });
    expect([refused.text, refused.problem]).toEqual(["", "This address may not be called."]);
    expect(model.heard).toEqual([]);
    process.env.NODEOPS_EXPLAINER_ALLOW = "127.0.0.0/8";
    const shown = await previewExplanation.call(asUma, { caseId });
    expect(model.heard).toEqual([]);
    const told = await explainCase.call(asUma, { caseId, confirm: true });
    expect(told).toMatchObject({ text: "The table is full.", model: "small-model", problem: null });
    expect(told.label.en).toContain("may be wrong");
    expect(model.heard).toHaveLength(1);
    expect(model.heard[0]).toMatchObject({ authorization: "Bearer the-api-key", url: "/v1/chat/completions" });
    expect(JSON.parse(model.heard[0]?.body ?? "").messages).toEqual(shown.messages);
    expect(model.heard[0]?.body).toContain("table full");
    expect(model.heard[0]?.body).not.toContain("hunter2");
    expect(
      await db.auditEvent.count({ where: { action: "diagnosis.explain", entityId: caseId, outcome: "done" } }),
    ).toBe(2);
    expect(JSON.stringify(await db.diagnosisCase.findMany())).not.toContain("The table is full.");
    isBroken = true;
    expect((await explainCase.call(asUma, { caseId, confirm: true })).problem).toContain("does not answer");
  } finally {
    for (const name of variables) delete process.env[name];
    await model.close();
    rmSync(folder, { recursive: true });
  }
});
