// The catalogue's rows and one check's page on a real PostgreSQL: outcomes, coverage, and figures that were measured.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode, contextOf, contextWith } from "../../testing/fleet.ts";
import { judgeFinding } from "../findings/judge.ts";
import { getNode } from "../nodes/get.ts";
import { rankRepairs } from "../repairs/records.ts";
import { activeChecks } from "./catalogue.ts";
import { getCheck } from "./check.ts";
import { listChecks } from "./checks.ts";

let database: TestDatabase;
let db: PrismaClient;
const NOW = new Date("2026-03-01T12:00:00Z");
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000);
const ctx = () => ({ ...contextOf(db, "operator", () => NOW), db: database.as("web") });
const partly = () => ({
  ...contextWith(db, [{ role: "viewer", selector: "pool=edge" }], { now: () => NOW }),
  db: database.as("web"),
});
let [a, b, c] = ["", "", ""];

beforeAll(async () => {
  database = await testDatabase();
  db = database.prisma;
  a = await addNode(db, { name: "a", kernel: "6.1", pool: "edge" });
  b = await addNode(db, { name: "b", kernel: "6.9", pool: "core" });
  c = await addNode(db, { name: "c", kernel: "6.9", pool: "core" });
  await addNode(db, { name: "never-looked-at" });
  const { hash } = await activeChecks(db);
  const row = { checkedAt: NOW, dueAt: NOW, digest: `facts ${hash} live 0` };
  await db.nodeInspection.createMany({
    data: [
      { nodeId: a, ...row, problems: { "runtime-down": 1 } },
      { nodeId: b, ...row, unknowns: { "runtime-down": { since: 1, reason: "runtimes fact is 95 s old" } } },
      {
        nodeId: c,
        ...row,
        unknowns: { "runtime-down": { since: 1, reason: "runtimes fact is 7 s old" }, "*": { since: 1, reason: "" } },
      },
    ],
  });
});
afterAll(() => database.drop());

let count = 0;
/** Seconds ago. */
const finding = async (input: {
  first: number;
  opened: number;
  closed?: number;
  reason?: string;
  wasReal?: boolean | null;
  flapCount?: number;
  nodeId?: string;
}) => {
  const { first, opened, closed, reason = "cleared", wasReal = null, flapCount = 0, nodeId = a } = input;
  count += 1;
  const { id } = await db.finding.create({
    data: {
      nodeId,
      checkId: "runtime-down",
      subject: String(count),
      state: closed === undefined ? "open" : "closed",
      severity: "critical",
      reason: "R",
      message: {},
      evidence: [],
      params: {},
      firstSeenAt: ago(first),
      openedAt: ago(opened),
      lastSeenAt: ago(opened),
      closedAt: closed === undefined ? null : ago(closed),
      closeReason: closed === undefined ? null : reason,
      wasReal,
      flapCount,
      liveKey: closed === undefined ? String(count) : null,
    },
    select: { id: true },
  });
  return id;
};

test("outcomes, coverage and figures", async () => {
  await finding({ first: 2_010, opened: 2_000, closed: 1_990 }); // transient
  const repaired = await finding({ first: 3_020, opened: 3_000, closed: 2_400, reason: "repaired" });
  await finding({ first: 4_030, opened: 4_000, closed: 1_000, wasReal: false });
  await finding({ first: 5_000, opened: 5_000, closed: 4_000, reason: "expired" }); // neither well nor repaired
  const open = await finding({ first: 60, opened: 50 });
  await finding({ first: 100 * 86_400, opened: 100 * 86_400, closed: 1 }); // long ago
  await judgeFinding.call(ctx(), { id: open, wasReal: true });
  await judgeFinding.call(ctx(), { id: repaired, wasReal: false });
  await judgeFinding.call(ctx(), { id: repaired, wasReal: null });
  const run = {
    repairId: "start-runtime",
    risk: "safe",
    plan: {},
    planHash: "",
    requestedBy: "u",
    createdAt: NOW,
    endedAt: NOW,
  };
  await db.repair.createMany({
    data: [
      { ...run, nodeId: a, findingId: repaired, checkId: "runtime-down", state: "succeeded", kernel: "5.10" },
      { ...run, nodeId: b, checkId: "runtime-down", state: "failed" },
      { ...run, nodeId: b, checkId: "runtime-down", state: "cancelled" },
      { ...run, nodeId: c, checkId: "runtime-down", state: "succeeded" },
    ],
  });
  // Nobody signed it: it says nothing of the repair. The one that failed had begun on its node.
  await db.repair.create({
    data: { ...run, nodeId: b, checkId: "runtime-down", state: "failed", subject: "not-signed" },
  });
  const failed = await db.repair.findFirstOrThrow({ where: { state: "failed", subject: "" } });
  const step = { id: randomUUID(), role: "step", stepIndex: 0, type: "t", params: {}, generation: 1, state: "failed" };
  await db.command.create({ data: { ...step, repairId: failed.id, nodeId: b } });
  const rows = await listChecks.call(ctx(), undefined);
  const row = rows.find(({ id }) => id === "runtime-down");
  expect(row).toMatchObject({ ok: 0, problem: 1, unknown: 2, mode: "suggest", muted: 0, isCustom: false });
  expect(row?.coverage).toBeCloseTo(1 / 3);
  expect(row?.figures).toEqual({
    occurrences: 5,
    judged: 2,
    falsePositives: 1,
    falsePositiveRate: 0.5,
    transient: 1,
    transientRate: 1 / 3,
    mttdMs: 10_000,
    mttrMs: 600_000,
    factMs: row?.factTtlMs,
  });
  expect(row?.repairs[0]).toMatchObject({ id: "start-runtime", runs: 3, succeeded: 2 });
  expect(rows.find(({ id }) => id === "clock-off")).toMatchObject({ ok: 3, problem: 0, unknown: 0, coverage: 1 });

  const detail = await getCheck.call(ctx(), { id: "runtime-down" });
  expect(detail).toMatchObject({
    pools: [
      { pool: "edge", ok: 0, problem: 1, unknown: 0 },
      { pool: "core", ok: 0, problem: 0, unknown: 2 },
    ],
    unknownReasons: [{ reason: "runtimes fact is N s old", count: 2 }],
    versions: [
      { repairId: "start-runtime", kernel: "6.9", runs: 2, succeeded: 1 },
      { repairId: "start-runtime", kernel: "5.10", runs: 1, succeeded: 1 }, // as it was then
    ],
    modes: { fleet: "suggest", earned: { runs: 3, isEarned: false } },
    mutes: [],
  });
  expect(detail.perDay.reduce((sum, one) => sum + one, 0)).toBe(5);
  expect(detail.article?.en).toContain("## Meaning");
  await expect(getCheck.call(ctx(), { id: "no-such" })).rejects.toMatchObject({ code: "not_found" });
});

test("who sees a part of the fleet gets the figures of that part", async () => {
  const row = (await listChecks.call(partly(), undefined)).find(({ id }) => id === "runtime-down");
  expect(row).toMatchObject({ problem: 1, unknown: 0, coverage: 1 });
  expect(row?.repairs[0]).toMatchObject({ runs: 1, succeeded: 1 });
  expect((await getCheck.call(partly(), { id: "runtime-down" })).modes.earned).toBeNull();
});

test("offered repairs: least risk first, what works best here before others, what mostly fails last", () => {
  const of = (
    id: string,
    risk: "safe" | "disruptive",
    record: Partial<Parameters<typeof rankRepairs>[0][number]["record"]>,
  ) => ({
    id,
    risk,
    record: { succeeded: 0, total: 0, succeededOnKernel: 0, totalOnKernel: 0, ...record },
  });
  const rank = (...list: ReturnType<typeof of>[]) => rankRepairs(list).map(({ id }) => id);
  expect(rank(of("a", "disruptive", {}), of("b", "safe", {}))).toEqual(["b", "a"]);
  expect(rank(of("a", "safe", {}), of("b", "safe", { succeeded: 9, total: 10 }))).toEqual(["b", "a"]);
  expect(rank(of("a", "safe", { succeeded: 1, total: 10 }), of("b", "disruptive", {}))).toEqual(["b", "a"]);
  const elsewhere = of("a", "safe", { succeeded: 95, total: 100, succeededOnKernel: 0, totalOnKernel: 5 });
  expect(rank(elsewhere, of("b", "safe", { succeeded: 6, total: 10 }))).toEqual(["b", "a"]);
  expect(rank(of("a", "safe", {}), of("b", "safe", { succeeded: 4, total: 4 }))).toEqual(["a", "b"]); // too few to tell
});

test("what was not asked yet is unknown, not ok", async () => {
  await db.nodeInspection.updateMany({
    where: { nodeId: { in: [a, b] } },
    data: { digest: "facts of-last-week live 0" },
  });
  const rows = await listChecks.call(ctx(), undefined);
  expect(rows.find(({ id }) => id === "clock-off")).toMatchObject({ ok: 1, problem: 0, unknown: 2 });
  expect(rows.find(({ id }) => id === "runtime-down")).toMatchObject({ ok: 0, problem: 1, unknown: 2 });
  expect((await getCheck.call(ctx(), { id: "clock-off" })).pools).toEqual([
    { pool: "core", ok: 1, problem: 0, unknown: 1 },
    { pool: "edge", ok: 0, problem: 0, unknown: 1 },
  ]);
  const { checks } = await getNode.call(ctx(), { node: a });
  expect(checks.find(({ checkId }) => checkId === "clock-off")).toMatchObject({ status: "unknown", since: null });
  expect(checks.find(({ checkId }) => checkId === "runtime-down")).toMatchObject({ status: "problem" });
});
