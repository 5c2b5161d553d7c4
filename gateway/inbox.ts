// What agents sent and is not stored yet: gathered per node, written every 200 ms in one transaction, acknowledged only after its commit.
import { FRAME_BYTES_MAX } from "../protocol/constants.ts";
import type { FactKind } from "../protocol/facts.ts";
import type { DurableBody, GatewayToAgent, WireFact } from "../protocol/messages.ts";
import type { IngestOutcome, NodeBatch } from "../server/agents/ingest.ts";
import type { DurableFrame } from "../server/agents/ingest-durable.ts";
import type { Logger } from "../server/core/log.ts";
import * as metrics from "./metrics.ts";

/** How long frames gather before they are written, ms. */
const FLUSH_MS = 200;
/** Longest wait between two tries while the database is away, ms. */
const RETRY_MAX_MS = 5_000;
/** Nodes in one transaction. */
const FLUSH_NODES_MAX = 500;
/** Frames held in memory, bytes, before anything is left with the agents. */
const INBOX_BYTES_MAX = 128 * 1024 * 1024;

/** Of these, one node's: whoever floods is left with its own frames and takes no room from others. */
const NODE_BYTES_MAX = 4 * FRAME_BYTES_MAX;

/** Classes in the order in which they are shed: share of the budget up to which each is taken in. Heartbeats never come here. */
const shares = { result: 1, facts: 0.8, log: 0.6 } as const;
type FrameClass = keyof typeof shares;
const classOf = (body: DurableBody): FrameClass => (body.type === "result" ? "result" : "log");

/** The end of a session that frames came from. */
export type Sender = {
  nodeId: string;
  send: (message: GatewayToAgent) => void;
  gone: () => void;
  poisoned: () => void;
};

type Pending = {
  facts: Map<FactKind, WireFact>;
  durable: Map<number, DurableFrame>;
  accepted: Set<string>;
  batches: { sender: Sender; batch: number }[];
  senders: Set<Sender>;
  bytes: number;
};

export type Inbox = ReturnType<typeof createInbox>;

/**
 * @param options.store writes a flush; rejects when nothing was stored
 * @param options.onStored runs after each commit
 * @param options.isPermanent whether an error will come again with the same data (then the node it comes from is singled out)
 */
export function createInbox(options: {
  store: (batches: NodeBatch[]) => Promise<IngestOutcome>;
  onStored: (outcome: IngestOutcome) => void;
  onFailed: (err: unknown) => void;
  isPermanent: (err: unknown) => boolean;
  log: Logger;
  bytesMax?: number;
}) {
  const { store, onStored, onFailed, isPermanent, log, bytesMax = INBOX_BYTES_MAX } = options;
  const pending = new Map<string, Pending>();
  let bytes = 0;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let failures = 0;

  function entry(sender: Sender, size: number): Pending {
    let own = pending.get(sender.nodeId);
    if (!own) {
      own = { facts: new Map(), durable: new Map(), accepted: new Set(), batches: [], senders: new Set(), bytes: 0 };
      pending.set(sender.nodeId, own);
    }
    own.senders.add(sender);
    own.bytes += size;
    bytes += size;
    measure();
    schedule();
    return own;
  }

  function measure(): void {
    metrics.inboxBytes.set(bytes);
    metrics.inboxNodes.set(pending.size);
  }

  function admits(nodeId: string, kind: FrameClass, size: number): boolean {
    const own = pending.get(nodeId)?.bytes ?? 0;
    if (bytes + size <= bytesMax * shares[kind] && own + size <= NODE_BYTES_MAX) return true;
    metrics.shedFrames.inc({ class: kind });
    return false;
  }

  function schedule(): void {
    if (timer || running) return;
    const wait = failures === 0 ? FLUSH_MS : Math.min(FLUSH_MS * 2 ** failures, RETRY_MAX_MS);
    timer = setTimeout(() => {
      timer = null;
      running = flush().finally(() => {
        running = null;
        if (pending.size > 0) schedule();
      });
    }, wait);
  }

  async function flush(): Promise<void> {
    const taken = [...pending].slice(0, FLUSH_NODES_MAX);
    for (const [nodeId] of taken) pending.delete(nodeId);
    const end = metrics.flushSeconds.startTimer();
    try {
      await write(taken);
      failures = 0;
    } catch (err) {
      failures += 1;
      metrics.flushFailures.inc();
      log.warn({ err: messageOf(err), nodes: taken.length, failures }, "nothing stored, trying again");
      onFailed(err);
      for (const [nodeId, older] of taken) putBack(nodeId, older);
    } finally {
      end();
      measure();
    }
  }

  /** Frames that arrived in the meantime are newer: of facts they win, durable frames are told apart by their number. */
  function putBack(nodeId: string, older: Pending): void {
    const newer = pending.get(nodeId);
    if (!newer) {
      pending.set(nodeId, older);
      return;
    }
    pending.set(nodeId, {
      facts: new Map([...older.facts, ...newer.facts]),
      durable: new Map([...older.durable, ...newer.durable]),
      accepted: new Set([...older.accepted, ...newer.accepted]),
      batches: [...older.batches, ...newer.batches],
      senders: new Set([...older.senders, ...newer.senders]),
      bytes: older.bytes + newer.bytes,
    });
  }

  async function write(taken: [string, Pending][]): Promise<void> {
    try {
      const outcome = await store(taken.map(([nodeId, own]) => toBatch(nodeId, own)));
      for (const [nodeId, own] of taken) settle(nodeId, own, outcome);
      onStored(outcome);
    } catch (err) {
      if (!isPermanent(err)) throw err;
      if (taken.length > 1) {
        for (const one of taken) await write([one]);
        return;
      }
      const [first] = taken;
      if (!first) return;
      log.error({ err: messageOf(err), nodeId: first[0] }, "frames of a node cannot be stored");
      for (const sender of first[1].senders) sender.poisoned();
      bytes -= first[1].bytes;
    }
  }

  function settle(nodeId: string, own: Pending, outcome: IngestOutcome): void {
    bytes -= own.bytes;
    if (outcome.gone.has(nodeId)) {
      for (const sender of own.senders) sender.gone();
      return;
    }
    for (const { sender, batch } of own.batches) sender.send({ type: "facts-ack", batch });
    const seq = outcome.ackedSeq.get(nodeId);
    if (seq !== undefined) for (const sender of own.senders) sender.send({ type: "ack", seq });
  }

  return {
    /** False when it was left with the agent because too much waits already; its later frames must then be left there too. */
    facts(sender: Sender, batch: number, items: readonly WireFact[], size: number): boolean {
      if (!admits(sender.nodeId, "facts", size)) return false;
      const own = entry(sender, size);
      for (const item of items) own.facts.set(item.kind, item);
      own.batches.push({ sender, batch });
      return true;
    },
    durable(sender: Sender, frame: DurableFrame, size: number): boolean {
      if (!admits(sender.nodeId, classOf(frame.body), size)) return false;
      entry(sender, size).durable.set(frame.seq, frame);
      return true;
    },
    accepted(sender: Sender, commandId: string): void {
      entry(sender, 0).accepted.add(commandId);
    },
    /** Durable frames of a node that wait. */
    waiting: (nodeId: string): number => pending.get(nodeId)?.durable.size ?? 0,
    /** Room again for those that were turned away. */
    hasRoom: (): boolean => bytes < bytesMax / 2,
    bytes: (): number => bytes,
    /** Writes what is there, waiting at most `ms`. */
    async drain(ms: number): Promise<void> {
      const deadline = performance.now() + ms;
      while ((pending.size > 0 || running) && performance.now() < deadline) {
        if (timer) clearTimeout(timer);
        timer = null;
        running ??= flush().finally(() => {
          running = null;
        });
        await running;
        if (failures > 0) await new Promise((resolve) => setTimeout(resolve, FLUSH_MS));
      }
      if (timer) clearTimeout(timer);
      timer = null;
    },
  };
}

const messageOf = (err: unknown): string => (err instanceof Error ? err.message : String(err));

const toBatch = (nodeId: string, own: Pending): NodeBatch => ({
  nodeId,
  facts: [...own.facts.values()],
  durable: [...own.durable.values()],
  accepted: [...own.accepted],
});
