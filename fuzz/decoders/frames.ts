// Frames between agent and gateway, each followed by what its reader does with it before anything is stored or carried out.
import { decodeFromAgent, decodeFromGateway, encode } from "../../protocol/codec.ts";
import { type FactKind, factKinds } from "../../protocol/facts.ts";
import type { AgentToGateway, GatewayToAgent } from "../../protocol/messages.ts";
import { prepareFacts } from "../../server/agents/ingest-facts.ts";
import { toInt4, toInt8, toPgJson, toPgText, toPgTime } from "../../server/agents/pg-json.ts";
import { projectContainers, projectNode } from "../../server/agents/project.ts";
import { healthyData, NOW } from "../../testing/facts.ts";
import { asBytes, type Decoder } from "../decoder.ts";
import { msgpackInputs } from "../mutate-bytes.ts";

const id = "0192f0c1-2d3e-7f40-8a51-62738495a6b7";
const bytes = (length: number) => new Uint8Array(length).fill(7);
const data = healthyData();

const factFrame = (kinds: readonly FactKind[]): AgentToGateway => ({
  type: "facts",
  batch: 3,
  items: kinds.map((kind) => ({ kind, hash: "0123456789abcdef", at: NOW, data: data[kind], error: null })),
});

const fromAgent: AgentToGateway[] = [
  { type: "hello", v: 1, epoch: "e1", agentVersion: "0.1.0", bootId: id, at: NOW },
  { type: "heartbeat", at: NOW, spooled: 2 },
  { type: "accepted", commandId: id },
  { type: "durable", seq: 4, body: { type: "progress", commandId: id, at: NOW, message: "stopping" } },
  {
    type: "durable",
    seq: 5,
    body: {
      type: "result",
      result: {
        commandId: id,
        status: "done",
        code: null,
        message: "",
        changed: true,
        output: {
          before: 4,
          after: 0,
          sections: [{ section: "kmsg", title: "Kernel log", text: "a\nb", truncated: false }],
        },
        startedAt: NOW,
        endedAt: NOW + 5,
      },
    },
  },
  {
    type: "durable",
    seq: 6,
    body: {
      type: "kernel-events",
      bootId: id,
      events: [{ seq: 1, at: NOW, level: 4, facility: 0, message: "eth0: link down" }],
    },
  },
  { type: "shell-output", shellId: id, seq: 1, atMs: 0, data: bytes(12) },
  { type: "shell-ended", shellId: id, seq: 2, atMs: 60_000, reason: "deadline", exitCode: null, left: 0 },
  ...factKinds.map((kind) => factFrame([kind])),
  factFrame(["containers", "pods", "containers"]),
  { type: "facts", batch: 4, items: [{ kind: "cni", hash: "", at: 0, data: null, error: "no such folder" }] },
];

const freeze = { payload: bytes(40), keyId: "k", signature: bytes(64) };
const trust = { payload: bytes(60), signatures: { "0123456789abcdef": bytes(64) } };
const fromGateway: GatewayToAgent[] = [
  {
    type: "welcome",
    v: 1,
    at: NOW,
    heartbeatMs: 5_000,
    ackedSeq: 9,
    hashes: { cni: "0123456789abcdef" },
    trust,
    freeze,
  },
  { type: "trust", document: trust },
  { type: "freeze", freeze: { ...freeze, keyId: null, signature: null } },
  { type: "ack", seq: 5 },
  { type: "facts-ack", batch: 3 },
  { type: "pulse", echo: NOW, at: NOW + 3 },
  { type: "command", command: { payload: bytes(200), keyId: "k", signature: bytes(64) } },
  { type: "shell-input", shellId: id, seq: 1, kind: "r", data: bytes(5) },
  { type: "shell-ack", shellId: id, seq: 2 },
  { type: "collect", kinds: ["cni", "runtimes"] },
  { type: "drain", reconnectAfterMs: 500 },
  { type: "refused", code: "overload", message: "later", retryAfterMs: 5_000 },
];

/** What the gateway makes of a frame before its transaction: any of these may not throw, or one node's frame would hold up those of all. */
function prepare(message: AgentToGateway): void {
  const now = new Date(NOW);
  if (message.type === "facts") {
    const { rows, readable } = prepareFacts(id, message.items, now);
    toPgJson([
      projectNode(id, readable),
      ...(readable.containers ? projectContainers(id, readable.containers, now) : []),
    ]);
    if (rows.length > message.items.length) throw new Error("more rows than items");
  }
  if (message.type !== "durable") return;
  const { body } = message;
  if (body.type === "result") toPgJson([{ id: body.result.commandId, node_id: id, result: body.result }]);
  if (body.type === "kernel-events")
    for (const event of body.events)
      toPgJson([
        toPgText(body.bootId, 64),
        toInt8(event.seq),
        toPgTime(event.at, now),
        toInt4(event.level),
        toPgText(event.message),
      ]);
}

export const frameFromAgent: Decoder = {
  name: "frame-from-agent",
  what: "what a node sends to the gateway, up to the rows that would be stored",
  generate: msgpackInputs(fromAgent.map(encode)),
  decode(input) {
    const decoded = decodeFromAgent(asBytes(input));
    if (decoded.ok) prepare(decoded.message);
    return decoded.ok;
  },
};

export const frameFromGateway: Decoder = {
  name: "frame-from-gateway",
  what: "what a gateway sends to an agent",
  generate: msgpackInputs(fromGateway.map(encode)),
  decode: (input) => decodeFromGateway(asBytes(input)).ok,
};
