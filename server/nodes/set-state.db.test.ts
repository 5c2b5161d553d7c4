// Stored states against findings and sessions, on a real PostgreSQL.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { NOTHING_KNOWN } from "../inspections/outcomes.ts";
import { refreshNodeStates } from "./set-state.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const now = new Date("2026-01-01T00:00:00Z");

async function makeNode(): Promise<string> {
  const id = randomUUID();
  const rest = {
    state: "unknown",
    stateSince: now,
    enrolledAt: now,
    machineId: id,
    certificateSerial: id,
    certificateExpiresAt: now,
  };
  await db.prisma.node.create({ data: { id, name: id, isConnected: true, ...rest } });
  return id;
}
const inspect = (nodeId: string, status = "ok") => {
  const unknown = { since: now.getTime(), reason: "" };
  const unknowns = status === "unknown" ? { "runtime-down": unknown, [NOTHING_KNOWN]: unknown } : {};
  return db.prisma.nodeInspection.upsert({
    where: { nodeId },
    create: { nodeId, unknowns, checkedAt: now, dueAt: now },
    update: { unknowns },
  });
};
const find = (nodeId: string, state: string, severity: string) =>
  db.prisma.finding.create({
    data: {
      nodeId,
      checkId: "c",
      subject: randomUUID(),
      state,
      severity,
      reason: "R",
      message: {},
      evidence: [],
      params: {},
      firstSeenAt: now,
      lastSeenAt: now,
    },
  });
const read = (id: string) => db.prisma.node.findUniqueOrThrow({ where: { id } });

test("follows findings, counts the visible ones, records each change once", async () => {
  const [sick, fresh] = [await makeNode(), await makeNode()];
  await inspect(sick);
  await inspect(fresh, "unknown");
  for (const [state, severity] of [
    ["open", "critical"],
    ["recovering", "critical"],
    ["flapping", "warning"],
    ["pending", "warning"],
    ["closed", "critical"],
  ] as const) {
    await find(sick, state, severity);
  }
  expect(await refreshNodeStates(db.prisma, [sick, fresh], now)).toEqual([
    { nodeId: sick, from: "unknown", to: "unhealthy" },
  ]);
  expect(await read(sick)).toMatchObject({
    state: "unhealthy",
    stateReason: "critical findings",
    criticalCount: 2,
    warningCount: 1,
  });
  expect(await read(fresh)).toMatchObject({ state: "unknown", stateReason: "not inspected yet" });
  expect(await refreshNodeStates(db.prisma, [sick, fresh], now)).toEqual([]);
  expect(
    await db.prisma.nodeStateChange.findMany({
      where: { nodeId: sick },
      select: { from: true, to: true, reason: true },
    }),
  ).toEqual([{ from: "unknown", to: "unhealthy", reason: "critical findings" }]);
});

test("a recovering finding no longer weighs on the state but is still counted", async () => {
  const id = await makeNode();
  await inspect(id);
  await find(id, "recovering", "critical");
  await refreshNodeStates(db.prisma, [id], now);
  expect(await read(id)).toMatchObject({ state: "healthy", criticalCount: 1 });
});

test("leaves removed nodes alone", async () => {
  const id = await makeNode();
  await inspect(id);
  await db.prisma.node.update({ where: { id }, data: { revokedAt: now } });
  expect(await refreshNodeStates(db.prisma, [id], now)).toEqual([]);
});

test("of concurrent calls in either kind of transaction none loses a finding", async () => {
  const id = await makeNode();
  await inspect(id);
  await Promise.all(
    Array.from({ length: 8 }, () =>
      db.prisma.$transaction(async (tx) => {
        await tx.finding.create({
          data: {
            nodeId: id,
            checkId: "c",
            subject: randomUUID(),
            state: "open",
            severity: "warning",
            reason: "R",
            message: {},
            evidence: [],
            params: {},
            firstSeenAt: now,
            lastSeenAt: now,
          },
        });
        await refreshNodeStates(tx, [id], now);
      }),
    ),
  );
  expect(await read(id)).toMatchObject({ state: "degraded", warningCount: 8 });
  expect(await db.prisma.nodeStateChange.count({ where: { nodeId: id } })).toBe(1);
});
