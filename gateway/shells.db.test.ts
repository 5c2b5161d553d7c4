// What a gateway stores of a shell, with its own rights: each piece once and in order, of shells that a signed command opened on that very node.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import type { ShellMessage } from "./session.ts";
import { storePiece } from "./shells.ts";

let db: TestDatabase;
let nodeId: string;
beforeAll(async () => {
  db = await testDatabase();
  nodeId = (
    await db.prisma.node.create({
      data: {
        id: randomUUID(),
        name: "node-1",
        stateSince: new Date(),
        enrolledAt: new Date(),
        machineId: "m",
        certificateSerial: "1",
        certificateExpiresAt: new Date(),
      },
    })
  ).id;
});
afterAll(() => db.drop());

async function shell(isSigned = true): Promise<string> {
  const id = randomUUID();
  const now = new Date();
  const person = { requestedBy: "user:olga", createdAt: now };
  await db.prisma.repair.create({
    data: {
      ...{ id, nodeId, ...person, repairId: "debug.shell", risk: "disruptive", plan: {}, planHash: "h" },
      state: "running",
    },
  });
  await db.prisma.shell.create({
    data: {
      ...{ id, nodeId, ...person, subject: "node-1", minutes: 10, reason: "look", state: "awaiting" },
      requestedByName: "Olga",
    },
  });
  const { generation } = await db.prisma.node.update({
    where: { id: nodeId },
    data: { generation: { increment: 1 } },
  });
  await db.prisma.command.create({
    data: {
      ...{ id: randomUUID(), repairId: id, nodeId, role: "step", stepIndex: 0, type: "shell.open", params: {} },
      ...{ generation, state: isSigned ? "signed" : "queued" },
      ...(isSigned ? { payload: Buffer.from("{}"), signature: Buffer.from("s"), keyId: "k", issuedAt: now } : {}),
    },
  });
  return id;
}

const piece = (shellId: string, seq: number, text: string): ShellMessage => ({
  type: "shell-output",
  ...{ shellId, seq, atMs: seq * 10, data: new Uint8Array(Buffer.from(text)) },
});
const store = (message: ShellMessage, node = nodeId) => storePiece(db.poolOf("gateway"), node, message);
const textOf = async (shellId: string): Promise<string> =>
  (await db.prisma.shellOutput.findMany({ where: { shellId }, orderBy: { seq: "asc" } }))
    .map(({ data }) => Buffer.from(data).toString())
    .join("");

describe("pieces of a shell", () => {
  it("are stored once, in order, and open its record", async () => {
    const id = await shell();
    expect(await store(piece(id, 1, "a"))).toBe(1);
    expect(await store(piece(id, 3, "c"))).toBe(1);
    expect(await store(piece(id, 2, "b"))).toBe(2);
    expect(await store(piece(id, 2, "b again"))).toBe(2);
    expect(await store(piece(id, 3, "c"))).toBe(3);
    expect(await textOf(id)).toBe("abc");
    const row = await db.prisma.shell.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({ state: "open", outputBytes: 3 });
    expect(Number(row.deadlineAt) - Number(row.openedAt)).toBe(600_000);
  });

  it("are not added to a record that is closed", async () => {
    const id = await shell();
    await store(piece(id, 1, "a"));
    const end = { shellId: id, seq: 2, atMs: 20, reason: "deadline" as const, exitCode: null, left: 0 };
    expect(await store({ type: "shell-ended", ...end })).toBe(2);
    expect(await store({ type: "shell-ended", ...end })).toBe(2);
    await store(piece(id, 3, "later"));
    expect(await textOf(id)).toBe("a");
    expect(await db.prisma.shell.findUniqueOrThrow({ where: { id } })).toMatchObject({
      state: "ended",
      endReason: "deadline",
    });
  });

  it("are taken from no other node, and from no shell that nobody signed", async () => {
    const id = await shell();
    expect(await store(piece(id, 1, "forged"), randomUUID())).toBeNull();
    expect(await store(piece(await shell(false), 1, "forged"))).toBeNull();
    expect(await store(piece(randomUUID(), 1, "forged"))).toBeNull();
    expect(await textOf(id)).toBe("");
  });
});
