// Applies durable frames (results, progress, kernel events) and acceptances, for many nodes in a few statements; part of one ingest transaction.
import type pg from "pg";
import type { CommandResult } from "../../protocol/commands.ts";
import type { DurableBody } from "../../protocol/messages.ts";
import { toInt4, toInt8, toPgJson, toPgText, toPgTime } from "./pg-json.ts";

export type DurableFrame = { seq: number; body: DurableBody };
/** Frames of one node, ascending, none of them applied before. */
export type NodeFrames = { nodeId: string; frames: DurableFrame[] };

type Of<T extends DurableBody["type"]> = Extract<DurableBody, { type: T }>;

function pick<T extends DurableBody["type"]>(all: readonly NodeFrames[], type: T): { nodeId: string; body: Of<T> }[] {
  return all.flatMap(
    ({ nodeId, frames }) => frames.flatMap(({ body }) => (body.type === type ? [{ nodeId, body: body as Of<T> }] : [])), // `type` was compared just before
  );
}

/** @returns repairs whose commands ended, and repairs that only made progress */
export async function storeDurable(
  client: pg.ClientBase,
  all: readonly NodeFrames[],
  now: Date,
): Promise<{ ended: string[]; progressed: string[] }> {
  await storeKernelEvents(client, pick(all, "kernel-events"), now);
  const ended = await storeResults(
    client,
    pick(all, "result").map(({ nodeId, body }) => ({ nodeId, result: body.result })),
    now,
  );
  const progressed = await findRepairs(
    client,
    pick(all, "progress").map(({ nodeId, body }) => ({ nodeId, commandId: body.commandId })),
  );
  const acked = all.flatMap(({ nodeId, frames }) => frames.slice(-1).map(({ seq }) => ({ nodeId, seq })));
  await client.query(
    `UPDATE node n SET acked_seq = t.seq FROM unnest($1::uuid[], $2::bigint[]) AS t(node_id, seq) WHERE n.id = t.node_id AND n.acked_seq < t.seq`,
    [acked.map((a) => a.nodeId), acked.map((a) => a.seq)],
  );
  return { ended, progressed };
}

async function storeKernelEvents(
  client: pg.ClientBase,
  batches: { nodeId: string; body: Of<"kernel-events"> }[],
  now: Date,
): Promise<void> {
  const rows = batches.flatMap(({ nodeId, body }) =>
    body.events.map((event) => ({
      node_id: nodeId,
      boot_id: toPgText(body.bootId, 64),
      seq: toInt8(event.seq),
      at: toPgTime(event.at, now),
      level: toInt4(event.level),
      message: toPgText(event.message),
    })),
  );
  if (rows.length === 0) return;
  await client.query(
    `INSERT INTO kernel_event (node_id, boot_id, seq, at, level, message)
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS t(node_id uuid, boot_id text, seq bigint, at timestamptz, level int, message text)
     ON CONFLICT DO NOTHING`,
    [toPgJson(rows)],
  );
}

/** A command ends once: a second result for it, or one for another node's command, changes nothing. */
async function storeResults(
  client: pg.ClientBase,
  results: { nodeId: string; result: CommandResult }[],
  now: Date,
): Promise<string[]> {
  if (results.length === 0) return [];
  const first = new Map(results.toReversed().map((entry) => [entry.result.commandId, entry]));
  const rows = [...first.values()].map(({ nodeId, result }) => ({
    id: result.commandId,
    node_id: nodeId,
    status: result.status,
    result,
  }));
  const { rows: ended } = await client.query<{ repair_id: string }>(
    `UPDATE command c SET state = t.status, ended_at = $2, result = t.result
     FROM jsonb_to_recordset($1::jsonb) AS t(id uuid, node_id uuid, status text, result jsonb)
     WHERE c.id = t.id AND c.node_id = t.node_id AND c.state IN ('signed', 'accepted', 'expired')
     RETURNING c.repair_id`,
    [toPgJson(rows), now],
  );
  return [...new Set(ended.map((row) => row.repair_id))];
}

export type ForeignCommand = { nodeId: string; commandId: string };

/** Commands that these nodes spoke of though they are another node's. */
export async function findForeign(
  client: pg.ClientBase,
  accepted: readonly ForeignCommand[],
  all: readonly NodeFrames[],
): Promise<ForeignCommand[]> {
  const results = pick(all, "result").map(({ nodeId, body }) => ({ nodeId, commandId: body.result.commandId }));
  const progress = pick(all, "progress").map(({ nodeId, body }) => ({ nodeId, commandId: body.commandId }));
  const said = [...accepted, ...results, ...progress];
  if (said.length === 0) return [];
  const { rows } = await client.query<{ node_id: string; id: string }>(
    `SELECT DISTINCT t.node_id, c.id FROM command c
     JOIN unnest($1::uuid[], $2::uuid[]) AS t(id, node_id) ON c.id = t.id AND c.node_id <> t.node_id`,
    [said.map((s) => s.commandId), said.map((s) => s.nodeId)],
  );
  return rows.map(({ node_id, id }) => ({ nodeId: node_id, commandId: id }));
}

async function findRepairs(
  client: pg.ClientBase,
  progress: { nodeId: string; commandId: string }[],
): Promise<string[]> {
  if (progress.length === 0) return [];
  const { rows } = await client.query<{ repair_id: string }>(
    `SELECT DISTINCT c.repair_id FROM command c JOIN unnest($1::uuid[], $2::uuid[]) AS t(id, node_id) ON c.id = t.id AND c.node_id = t.node_id`,
    [progress.map((p) => p.commandId), progress.map((p) => p.nodeId)],
  );
  return rows.map((row) => row.repair_id);
}

/** Marks commands as accepted by their agents. @returns their repairs */
export async function storeAccepted(
  client: pg.ClientBase,
  accepted: { nodeId: string; commandId: string }[],
  now: Date,
): Promise<string[]> {
  if (accepted.length === 0) return [];
  const { rows } = await client.query<{ repair_id: string }>(
    `UPDATE command c SET state = 'accepted', accepted_at = $3
     FROM unnest($1::uuid[], $2::uuid[]) AS t(id, node_id)
     WHERE c.id = t.id AND c.node_id = t.node_id
       AND (c.state = 'signed' OR (c.state = 'expired' AND c.result ->> 'code' = 'withdrawn')) -- it was on its way when it was called back
     RETURNING c.repair_id`,
    [accepted.map((a) => a.commandId), accepted.map((a) => a.nodeId), now],
  );
  return [...new Set(rows.map((row) => row.repair_id))];
}
