// A shell over the wire: what is typed comes down in order, once a session; what is printed goes up and is acknowledged.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SHELL_INPUT_CHANNEL } from "../server/core/changes.ts";
import { type Identity, joinSession, type TestClient } from "./testing/agent-client.ts";
import { startTestGateway, type TestGateway } from "./testing/gateway.ts";

let stand: TestGateway;
let node: Identity;
beforeAll(async () => {
  stand = await startTestGateway();
  node = await stand.enrol("with-shell");
});
afterAll(() => stand.stop());

const connected = async () => (await joinSession(stand.gateway.port, node)).client;

async function signedShell(): Promise<string> {
  const id = randomUUID();
  const now = new Date();
  const { nodeId } = node;
  const run = { repairId: "debug.shell", risk: "disruptive", plan: {}, planHash: "h", state: "running" };
  const by = { requestedBy: "user:olga", createdAt: now };
  await stand.prisma.repair.create({ data: { ...run, ...by, id, nodeId } });
  const row = { subject: "with-shell", minutes: 10, reason: "look", state: "awaiting", requestedByName: "Olga" };
  await stand.prisma.shell.create({ data: { ...row, ...by, id, nodeId } });
  const { generation } = await stand.prisma.node.update({
    where: { id: nodeId },
    data: { generation: { increment: 1 } },
  });
  const signed = { payload: Buffer.from("{}"), signature: Buffer.from("s"), keyId: "k", issuedAt: now };
  await stand.prisma.command.create({
    data: {
      ...{ id: randomUUID(), repairId: id, nodeId, role: "step", stepIndex: 0, type: "shell.open", params: {} },
      // Over already, so that it is not sent once more.
      ...{ generation, state: "done", endedAt: now, ...signed },
    },
  });
  return id;
}

async function type(shellId: string, seq: number, text: string): Promise<void> {
  const row = { shellId, seq, kind: "i", data: new Uint8Array(Buffer.from(text)), by: "user:olga", at: new Date() };
  await stand.prisma.shellInput.create({ data: row });
  await stand.prisma.$executeRawUnsafe(`SELECT pg_notify('${SHELL_INPUT_CHANNEL}', '${shellId}')`);
}
const piece = (shellId: string, seq: number, text: string) =>
  ({ type: "shell-output", shellId, seq, atMs: seq, data: new Uint8Array(Buffer.from(text)) }) as const;
const heard = async (client: TestClient, count: number): Promise<string[]> => {
  const inputs: string[] = [];
  while (inputs.length < count) {
    const { seq, data } = await client.next("shell-input");
    inputs.push(`${seq} ${Buffer.from(data).toString()}`);
  }
  return inputs;
};

test("keys go down in order, and again to the next session; what is printed is stored and acknowledged", async () => {
  const id = await signedShell();
  const first = await connected();
  first.send(piece(id, 1, "# "));
  expect(await first.next("shell-ack")).toMatchObject({ shellId: id, seq: 1 });
  await type(id, 1, "ls");
  await type(id, 2, "\n");
  expect(await heard(first, 2)).toEqual(["1 ls", "2 \n"]);
  await type(id, 3, "id\n");
  expect(await heard(first, 1)).toEqual(["3 id\n"]);
  first.close();
  await first.closed;

  const second = await connected();
  // A piece that came twice is acknowledged twice and stored once; a gap is asked for again by the number that is stored.
  second.send(piece(id, 1, "# "));
  expect(await second.next("shell-ack")).toMatchObject({ seq: 1 });
  second.send(piece(id, 3, "later"));
  expect(await second.next("shell-ack")).toMatchObject({ seq: 1 });
  second.send(piece(id, 2, "file\n"));
  expect(await second.next("shell-ack")).toMatchObject({ seq: 2 });
  expect(await heard(second, 3)).toEqual(["1 ls", "2 \n", "3 id\n"]);
  second.send({ type: "shell-ended", shellId: id, seq: 3, atMs: 9, reason: "exit", exitCode: 0, left: 0 });
  expect(await second.next("shell-ack")).toMatchObject({ seq: 3 });
  const row = await stand.prisma.shell.findUniqueOrThrow({ where: { id }, include: { outputs: true } });
  expect(row).toMatchObject({ state: "ended", endReason: "exit", exitCode: 0 });
  expect(row.outputs).toHaveLength(2);
  second.close();
});

test("nothing goes to a node whose shell it is not, and no answer comes for a shell that nobody asked for", async () => {
  const client = await connected();
  client.send(piece(randomUUID(), 1, "forged"));
  const id = await signedShell();
  await type(id, 1, "before it is open");
  client.send(piece(id, 1, "# "));
  expect(await client.next("shell-ack")).toMatchObject({ shellId: id });
  expect(await heard(client, 1)).toEqual(["1 before it is open"]);
  expect(client.received.filter(({ type: kind }) => kind === "shell-ack")).toHaveLength(1);
  client.close();
});
