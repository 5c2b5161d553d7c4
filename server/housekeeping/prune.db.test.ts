// Retention on a real PostgreSQL: what is past its time goes, what lives or is linked to a repair stays.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { addNode } from "../../testing/fleet.ts";
import { pruneHistoryRows } from "./prune.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

test("old history goes, the rest stays", async () => {
  const db = database.prisma;
  const now = new Date("2026-06-01T00:00:00Z");
  const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
  const nodeId = await addNode(db, { name: "n" });
  await db.nodeSample.createMany({ data: [1, 7, 9, 20].map((days) => ({ nodeId, at: daysAgo(days) })) });
  await db.kernelEvent.createMany({
    data: [1, 31].map((days) => ({ nodeId, bootId: "b", seq: days, at: daysAgo(days), level: 3, message: "" })),
  });
  const finding = (subject: string, state: string, days: number) => ({
    nodeId,
    subject,
    state,
    checkId: "c",
    severity: "warning",
    reason: "",
    message: {},
    evidence: [],
    params: {},
    firstSeenAt: daysAgo(days),
    lastSeenAt: daysAgo(days),
    closedAt: state === "closed" ? daysAgo(days) : null,
  });
  await db.finding.createMany({
    data: [
      finding("open and old", "open", 400),
      finding("closed lately", "closed", 10),
      finding("long closed", "closed", 100),
      finding("repaired", "closed", 100),
    ],
  });
  const repaired = await db.finding.findFirstOrThrow({ where: { subject: "repaired" } });
  await db.repair.create({
    data: {
      repairId: "r",
      nodeId,
      findingId: repaired.id,
      risk: "safe",
      plan: {},
      planHash: "",
      state: "succeeded",
      requestedBy: "user:x",
      createdAt: daysAgo(100),
    },
  });

  const asked = { kind: "text", input: "", answer: {}, isKnown: false, side: "unsure", confidence: 0, template: "" };
  await db.diagnosisCase.createMany({
    data: [10, 89, 91].map((days) => ({ ...asked, askedBy: "user:x", askedByName: "x", createdAt: daysAgo(days) })),
  });

  expect(await pruneHistoryRows(database.as("workers"), now)).toEqual({
    node_sample: 2,
    kernel_event: 1,
    finding: 1,
    diagnosis_case: 1,
  });
  expect(await db.diagnosisCase.count()).toBe(2);
  expect(await db.nodeSample.count()).toBe(2);
  const left = await db.finding.findMany({ orderBy: { subject: "asc" } });
  expect(left.map(({ subject }) => subject)).toEqual(["closed lately", "open and old", "repaired"]);
  expect(await pruneHistoryRows(database.as("workers"), now)).toEqual({});
});
