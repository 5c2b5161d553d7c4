// The inbox alone: order, retries, what is shed first, and one node whose data can never be stored.
import { expect, test } from "vitest";
import type { DurableBody, GatewayToAgent } from "../protocol/messages.ts";
import type { IngestOutcome, NodeBatch } from "../server/agents/ingest.ts";
import { createLogger } from "../server/core/log.ts";
import { createInbox, type Sender } from "./inbox.ts";

const events: DurableBody = { type: "kernel-events", bootId: "b", events: [] };
const result = { type: "result", result: {} } as unknown as DurableBody; // only its type matters here

function senderOf(nodeId: string) {
  const sent: GatewayToAgent[] = [];
  const ended: string[] = [];
  const sender: Sender = {
    nodeId,
    send: (m) => sent.push(m),
    gone: () => ended.push("gone"),
    poisoned: () => ended.push("poisoned"),
  };
  return { sender, sent, ended };
}

function inboxOn(store: (batches: NodeBatch[]) => void, bytesMax?: number) {
  const stored: NodeBatch[] = [];
  const inbox = createInbox({
    store: async (batches): Promise<IngestOutcome> => {
      store(batches);
      stored.push(...batches);
      const ackedSeq = new Map(
        batches.filter((b) => b.durable.length > 0).map((b) => [b.nodeId, Math.max(...b.durable.map((f) => f.seq))]),
      );
      return {
        ackedSeq,
        gone: new Set(),
        changedNodes: [],
        containerNodes: [],
        movedRepairs: [],
        invalidFacts: [],
        foreign: [],
      };
    },
    onStored: () => undefined,
    onFailed: () => undefined,
    isPermanent: (err) => err instanceof TypeError,
    log: createLogger("test", "silent"),
    bytesMax,
  });
  return { inbox, stored };
}

test("what could not be stored is tried again together with what came since; newer facts win", async () => {
  let isAway = true;
  const { sender, sent } = senderOf("a");
  const { inbox, stored } = inboxOn(() => {
    if (isAway) throw new Error("away");
  });
  const fact = (hash: string) => [{ kind: "sysctls" as const, hash, at: 1, data: {}, error: null }];
  inbox.facts(sender, 1, fact("old"), 10);
  inbox.durable(sender, { seq: 1, body: events }, 10);
  await inbox.drain(1);
  expect(sent).toEqual([]);
  inbox.facts(sender, 2, fact("new"), 10);
  inbox.durable(sender, { seq: 2, body: events }, 10);
  isAway = false;
  await inbox.drain(5_000);
  expect(stored).toHaveLength(1);
  expect(stored[0]?.facts.map(({ hash }) => hash)).toEqual(["new"]);
  expect(stored[0]?.durable.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(sent).toEqual([
    { type: "facts-ack", batch: 1 },
    { type: "facts-ack", batch: 2 },
    { type: "ack", seq: 2 },
  ]);
  expect(inbox.bytes()).toBe(0);
});

test("sheds logs first, facts next, results last, and takes them again when there is room", async () => {
  const { sender } = senderOf("a");
  const { inbox } = inboxOn(() => undefined, 100);
  const offer = (size: number) => ({
    log: inbox.durable(sender, { seq: 1, body: events }, size),
    facts: inbox.facts(sender, 1, [], size),
    result: inbox.durable(sender, { seq: 2, body: result }, size),
  });
  inbox.durable(sender, { seq: 3, body: result }, 55);
  expect(offer(10)).toEqual({ log: false, facts: true, result: true });
  expect(offer(10)).toEqual({ log: false, facts: false, result: true });
  expect(inbox.hasRoom()).toBe(false);
  await inbox.drain(1_000);
  expect(inbox.hasRoom()).toBe(true);
  expect(offer(10).log).toBe(true);
  await inbox.drain(1_000);
});

test("one node fills its own share and no other's", () => {
  const { inbox } = inboxOn(() => undefined);
  const [flood, neighbour] = [senderOf("flood").sender, senderOf("neighbour").sender];
  const size = 4 * 1024 * 1024;
  const taken = Array.from({ length: 20 }, (_, i) => inbox.durable(flood, { seq: i + 1, body: result }, size));
  expect(taken.filter(Boolean)).toHaveLength(4);
  expect(inbox.durable(neighbour, { seq: 1, body: result }, size)).toBe(true);
  return inbox.drain(1_000);
});

test("one node whose data can never be stored does not hold up the others", async () => {
  const [good, bad] = [senderOf("good"), senderOf("bad")];
  const { inbox, stored } = inboxOn((batches) => {
    if (batches.some(({ nodeId }) => nodeId === "bad")) throw new TypeError("never");
  });
  for (const { sender } of [bad, good]) inbox.durable(sender, { seq: 1, body: events }, 10);
  await inbox.drain(1_000);
  expect(stored.map(({ nodeId }) => nodeId)).toEqual(["good"]);
  expect(good.sent).toEqual([{ type: "ack", seq: 1 }]);
  expect([bad.sent, bad.ended]).toEqual([[], ["poisoned"]]);
  expect(inbox.bytes()).toBe(0);
});
