// The hot path: what many agents sent within one flush, stored in one transaction. The gateway acknowledges only what this has returned.
import type pg from "pg";
import type { WireFact } from "../../protocol/messages.ts";
import { publishChanges } from "../core/changes.ts";
import type { Sql } from "../core/sql.ts";
import { type DurableFrame, type ForeignCommand, findForeign, storeAccepted, storeDurable } from "./ingest-durable.ts";
import { type PreparedFacts, prepareFacts, storeFacts } from "./ingest-facts.ts";

/** What one node sent since the last flush. Its id is that of its certificate. */
export type NodeBatch = { nodeId: string; facts: WireFact[]; durable: DurableFrame[]; accepted: string[] };

export type IngestOutcome = {
  /** Durable frames up to here are stored, per node of the batch that sent some. */
  ackedSeq: Map<string, number>;
  /** Nodes that were removed or never were: nothing of theirs was stored. */
  gone: Set<string>;
  /** Nodes with new facts, and those of them with new containers. */
  changedNodes: string[];
  containerNodes: string[];
  /** Repairs with a command that was accepted or ended. */
  movedRepairs: string[];
  /** Kinds of facts that did not fit their schema, one entry each. */
  invalidFacts: string[];
  /** Commands of other nodes that a node spoke of; nothing came of it. */
  foreign: ForeignCommand[];
};

async function lockNodes(client: pg.ClientBase, nodeIds: string[]): Promise<Map<string, number>> {
  const { rows } = await client.query<{ id: string; acked_seq: string }>(
    "SELECT id, acked_seq FROM node WHERE id = ANY($1::uuid[]) AND revoked_at IS NULL ORDER BY id FOR NO KEY UPDATE",
    [nodeIds],
  );
  return new Map(rows.map((row) => [row.id, Number(row.acked_seq)]));
}

/** Frames not applied yet, ascending, each once. A gap is fine: an agent that was cut off for long may have dropped its oldest. */
function newFrames(frames: readonly DurableFrame[], ackedSeq: number): DurableFrame[] {
  const bySeq = new Map(frames.filter(({ seq }) => seq > ackedSeq).map((frame) => [frame.seq, frame]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** A flush that takes longer than this, ms, sits on a connection whose other end is gone. */
const INGEST_TIMEOUT_MS = 30_000;

/**
 * Stores a flush: all of it or nothing. Frames that were stored before are skipped, so calling it again after an unclear failure is safe.
 * @throws the database's error, or one of time; nothing may be acknowledged then
 */
export async function ingest(pool: pg.Pool, batches: readonly NodeBatch[], now: Date): Promise<IngestOutcome> {
  const prepared = new Map(batches.map((batch) => [batch.nodeId, prepareFacts(batch.nodeId, batch.facts, now)]));
  const client = await pool.connect();
  let isReleased = false;
  const release = (broken?: Error) => {
    if (!isReleased) client.release(broken);
    isReleased = true;
  };
  // Giving a broken client back ends its socket, which ends the query that waits on it.
  const timer = setTimeout(() => release(new Error("too slow")), INGEST_TIMEOUT_MS);
  try {
    await client.query("BEGIN");
    const outcome = await store(client, batches, prepared, now);
    await client.query("COMMIT");
    release();
    return outcome;
  } catch (err) {
    await client.query("ROLLBACK").then(() => release(), release);
    throw err;
  } finally {
    clearTimeout(timer);
  }
}

async function store(
  client: pg.ClientBase,
  batches: readonly NodeBatch[],
  prepared: ReadonlyMap<string, PreparedFacts>,
  now: Date,
): Promise<IngestOutcome> {
  const acked = await lockNodes(
    client,
    batches.map(({ nodeId }) => nodeId),
  );
  const live = batches.filter(({ nodeId }) => acked.has(nodeId));
  const facts = live.flatMap(({ nodeId }) => prepared.get(nodeId) ?? []).filter(({ rows }) => rows.length > 0);
  await storeFacts(client, facts, now);

  const accepted = live.flatMap(({ nodeId, accepted: ids }) => ids.map((commandId) => ({ nodeId, commandId })));
  const acceptedRepairs = await storeAccepted(client, accepted, now);
  const frames = live
    .map(({ nodeId, durable }) => ({ nodeId, frames: newFrames(durable, acked.get(nodeId) ?? 0) }))
    .filter((node) => node.frames.length > 0);
  const { ended, progressed } =
    frames.length > 0 ? await storeDurable(client, frames, now) : { ended: [], progressed: [] };

  const foreign = await findForeign(client, accepted, frames);
  const repairs = [...new Set([...acceptedRepairs, ...ended, ...progressed])];
  const runner = { $executeRaw: async ({ text, values }: Sql) => (await client.query(text, values)).rowCount ?? 0 };
  if (repairs.length > 0) await publishChanges(runner, [{ domain: "repairs", ids: repairs }]);

  for (const node of frames) acked.set(node.nodeId, node.frames.at(-1)?.seq ?? 0);
  return {
    ackedSeq: new Map(
      live.filter(({ durable }) => durable.length > 0).map(({ nodeId }) => [nodeId, acked.get(nodeId) ?? 0]),
    ),
    gone: new Set(batches.filter(({ nodeId }) => !acked.has(nodeId)).map(({ nodeId }) => nodeId)),
    changedNodes: facts.map(({ nodeId }) => nodeId),
    containerNodes: facts
      .filter(({ readable }) => readable.containers || readable.containerUsage)
      .map(({ nodeId }) => nodeId),
    movedRepairs: [...new Set([...acceptedRepairs, ...ended])],
    invalidFacts: facts.flatMap(({ invalid }) => invalid),
    foreign,
  };
}
