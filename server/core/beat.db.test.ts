// A process's beat as the console reads it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { writeBeat } from "./beat.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

test("one row a process; its start stays while the process lives and moves when another one takes the name", async () => {
  await writeBeat(db.pool, { name: "gateway", version: "1" });
  const first = await db.prisma.processBeat.findUniqueOrThrow({ where: { name: "gateway" } });
  expect(first).toMatchObject({ pid: process.pid, version: "1", detail: {} });
  await writeBeat(db.pool, { name: "gateway", version: "2", detail: () => ({ sessions: 3 }) });
  const second = await db.prisma.processBeat.findUniqueOrThrow({ where: { name: "gateway" } });
  expect(second).toMatchObject({ version: "2", detail: { sessions: 3 }, startedAt: first.startedAt });
  await db.pool.query("UPDATE process_beat SET pid = -1, started_at = 'epoch'");
  await writeBeat(db.pool, { name: "gateway", version: "2" });
  expect(
    (await db.prisma.processBeat.findUniqueOrThrow({ where: { name: "gateway" } })).startedAt.getTime(),
  ).toBeGreaterThan(0);
});
