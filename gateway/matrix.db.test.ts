// Everything the gateway answers × whose certificate comes with it, and every kind of frame before its sender said who it is.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encode } from "../protocol/codec.ts";
import { AGENT_SOCKET_PATH, ENROL_PATH, RENEW_PATH } from "../protocol/constants.ts";
import { AgentToGateway, DurableBody } from "../protocol/messages.ts";
import { call, connectAs, type Identity, makeRequest } from "./testing/agent-client.ts";
import { startTestGateway, type TestGateway } from "./testing/gateway.ts";

const BUNDLE = "/agent/nodeops-agent.mjs";
/** "METHOD path" → what it needs. Any other path or method is not found. */
const declared: Record<string, "nothing" | "join token" | "certificate"> = {
  [`GET ${BUNDLE}`]: "nothing",
  [`HEAD ${BUNDLE}`]: "nothing",
  [`GET ${BUNDLE}.sha256`]: "nothing",
  [`HEAD ${BUNDLE}.sha256`]: "nothing",
  [`POST ${ENROL_PATH}`]: "join token",
  [`POST ${RENEW_PATH}`]: "certificate",
};
const paths = [BUNDLE, `${BUNDLE}.sha256`, ENROL_PATH, RENEW_PATH, AGENT_SOCKET_PATH];
const others = [
  "/",
  "/metrics",
  "/healthz",
  "/v1",
  "/v1/command",
  "/v1/nodes",
  "/api/trpc/nodes.list",
  "/agent/../v1/enrol/x",
];
const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

let stand: TestGateway;
let identities: Record<string, Identity | null>;
let cells = 0;

beforeAll(async () => {
  stand = await startTestGateway();
  const [good, removed] = [await stand.enrol("good"), await stand.enrol("removed")];
  await stand.prisma.node.update({
    where: { id: removed.nodeId },
    data: { revokedAt: new Date() },
    select: { id: true },
  });
  const elsewhere = await startTestGateway();
  const stranger = await elsewhere.enrol("stranger");
  await elsewhere.stop();
  identities = { nobody: null, "a node": good, "a removed node": removed, "a node of another console": stranger };
});
afterAll(async () => {
  console.log(`matrix: ${cells} cells (gateway)`);
  await stand.stop();
});

test("the gateway's source compares paths with the declared ones only", () => {
  const source = ["http.ts", "gateway.ts"].map((file) => readFileSync(`${import.meta.dirname}/${file}`, "utf8")).join();
  const compared = [...source.matchAll(/\bpath (?:===|!==) ([A-Z_]+|`[^`]+`)/g)].map(([, name]) => name);
  expect([...new Set(compared)].sort()).toEqual(
    ["AGENT_SOCKET_PATH", "BUNDLE_PATH", "ENROL_PATH", "RENEW_PATH", `\`\${BUNDLE_PATH}.sha256\``].sort(),
  );
  expect(source).not.toMatch(/\bpath\.(?:startsWith|match|includes)|\.test\(path\)/);
});

test("each path and method needs what is declared, whoever asks", { timeout: 60_000 }, async () => {
  const wrong: string[] = [];
  const { csr } = await makeRequest();
  for (const [name, identity] of Object.entries(identities)) {
    for (const path of [...paths, ...others]) {
      for (const method of methods) {
        cells += 1;
        const needs = declared[`${method} ${path}`];
        const body = method === "POST" ? { csr, token: "nodeops1.forged" } : undefined;
        const status = await call(stand.gateway.port, path, {
          method,
          ...(identity ? { identity } : {}),
          ...(body ? { body } : {}),
        }).then(
          (answer) => answer.status,
          () => 0, // the connection was refused
        );
        const isGood = name === "a node" && needs === "certificate";
        const wanted = !needs
          ? [404]
          : needs === "nothing" || isGood
            ? [200]
            : needs === "join token"
              ? [400, 403, 429]
              : [401, 403];
        // A certificate of somebody else's CA may also end the connection.
        if (name === "a node of another console") wanted.push(0);
        if (!wanted.includes(status))
          wrong.push(`${name}: ${method} ${path}: ${status} instead of ${wanted.join(" or ")}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("a socket opens with a certificate of this console only", async () => {
  for (const name of ["nobody", "a node of another console"]) {
    cells += 1;
    await expect(connectAs(stand.gateway.port, identities[name] ?? null), name).rejects.toThrow();
  }
});

const commandId = "00000000-0000-4000-8000-000000000000";
const bodies: Record<string, unknown> = {
  result: {
    type: "result",
    result: { commandId, status: "done", code: null, message: "", changed: true, output: {}, startedAt: 1, endedAt: 2 },
  },
  progress: { type: "progress", commandId, at: 1, message: "x" },
  "kernel-events": { type: "kernel-events", bootId: "b", events: [] },
};
const frames: Record<string, unknown[]> = {
  hello: [],
  heartbeat: [{ type: "heartbeat", at: 1, spooled: 0 }],
  facts: [{ type: "facts", batch: 1, items: [] }],
  durable: Object.values(bodies).map((body) => ({ type: "durable", seq: 1, body })),
  accepted: [{ type: "accepted", commandId }],
  "shell-output": [{ type: "shell-output", shellId: commandId, seq: 1, atMs: 0, data: Buffer.from("forged") }],
  "shell-ended": [{ type: "shell-ended", shellId: commandId, seq: 2, atMs: 1, reason: "exit", exitCode: 0, left: 0 }],
};
const typesOf = (union: { options: readonly { shape: { type: { value: string } } }[] }) =>
  union.options.map(({ shape }) => shape.type.value).sort();

test("no frame counts before the sender said hello", async () => {
  const whole = Object.values(frames).flat();
  expect(whole.filter((frame) => !AgentToGateway.safeParse(frame).success)).toEqual([]);
  expect(Object.keys(frames).sort()).toEqual(typesOf(AgentToGateway));
  expect(Object.keys(bodies).sort()).toEqual(typesOf(DurableBody));
  const node = identities["a node"];
  const stored = async () => {
    const { nodeFact, kernelEvent, node: nodes, command, shell, shellOutput } = stand.prisma;
    return Promise.all([
      nodeFact.count(),
      kernelEvent.count(),
      command.count(),
      shell.count(),
      shellOutput.count(),
      nodes.findMany({ orderBy: { id: "asc" } }),
    ]);
  };
  const before = await stored();
  for (const frame of [...whole, { type: "no-such-frame" }, null, "text", 7]) {
    cells += 1;
    const client = await connectAs(stand.gateway.port, node ?? null);
    client.sendRaw(encode(frame as AgentToGateway)); // what agents would not send, too
    expect([frame, await client.closed]).toEqual([frame, 1008]);
    expect(client.received).toEqual([expect.objectContaining({ type: "refused" })]);
  }
  expect(await stored()).toEqual(before);
});
