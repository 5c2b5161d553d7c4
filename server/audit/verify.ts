// Reads the whole audit trail in pieces and checks the chain: `./nodeops audit verify`.
import type pg from "pg";
import { type Anchor, ChainCheck, type Fault, type Link } from "./chain.ts";

const PIECE = 5_000;

export type ChainReport = {
  isWhole: boolean;
  rows: number;
  /** Anchors outside the database that were compared. */
  anchors: number;
  head: { seq: string; hash: string };
  faultCount: number;
  /** The first of them. */
  faults: (Omit<Fault, "seq"> & { seq: string })[];
};

type Row = {
  seq: string;
  prev_hash: string;
  hash: string;
  id: string;
  at_ms: string;
  actor: string;
  actor_name: string;
  action: string;
  entity: string;
  entity_id: string;
  node_id: string | null;
  before: string | null;
  after: string | null;
  outcome: string;
  request_id: string | null;
  address: string | null;
};

const toLink = (row: Row): Link => ({
  seq: BigInt(row.seq),
  prevHash: row.prev_hash,
  hash: row.hash,
  id: row.id,
  atMs: row.at_ms,
  actor: row.actor,
  actorName: row.actor_name,
  action: row.action,
  entity: row.entity,
  entityId: row.entity_id,
  nodeId: row.node_id,
  before: row.before,
  after: row.after,
  outcome: row.outcome,
  requestId: row.request_id,
  address: row.address,
});

/** Triggers that the migrations made, with what they call. */
const guards = new Map([
  ["audit_event_link", "audit_link"],
  ["audit_event_keep", "audit_refuse"],
  ["audit_event_whole", "audit_refuse"],
]);

async function checkGuards(client: pg.ClientBase, check: ChainCheck): Promise<void> {
  const { rows } = await client.query<{ name: string; calls: string; enabled: string }>(
    `SELECT t.tgname AS name, p.proname AS calls, t.tgenabled AS enabled FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE t.tgrelid = 'audit_event'::regclass AND NOT t.tgisinternal`,
  );
  for (const [name, calls] of guards) {
    const found = rows.find((row) => row.name === name);
    if (!found) check.unguarded(`trigger ${name} is missing`);
    else if (found.calls !== calls || found.enabled !== "O")
      check.unguarded(`trigger ${name} was changed or turned off`);
  }
}

/** @param client a connection of a role that may read the trail and its head; one snapshot is read */
export async function verifyChain(
  client: pg.ClientBase,
  anchors: readonly Anchor[],
  onProgress: (rows: number) => void = () => undefined,
): Promise<ChainReport> {
  const check = new ChainCheck(anchors);
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    for (let after: string | null = null; ; ) {
      // The row with the lowest number is taken by number too: one that says 0 or less is found like any other.
      const piece: { rows: Row[] } = await client.query<Row>(
        `SELECT seq::text, prev_hash, hash, id::text, (extract(epoch FROM at) * 1000)::bigint::text AS at_ms, actor, actor_name, action, entity,
           entity_id, node_id::text, before::text, after::text, outcome, request_id, address
         FROM audit_event WHERE $1::bigint IS NULL OR audit_event.seq > $1::bigint ORDER BY audit_event.seq LIMIT ${PIECE}`,
        [after],
      );
      for (const row of piece.rows) check.add(toLink(row));
      onProgress(check.rows);
      after = piece.rows.at(-1)?.seq ?? after;
      if (piece.rows.length < PIECE) break;
    }
    const { rows } = await client.query<{ seq: string; hash: string }>(
      "SELECT seq::text, hash FROM audit_head WHERE id = 1",
    );
    const head = rows[0] ?? { seq: "0", hash: "" };
    check.end({ seq: BigInt(head.seq), hash: head.hash });
    await checkGuards(client, check);
    return {
      isWhole: check.faultCount === 0,
      rows: check.rows,
      anchors: anchors.length,
      head,
      faultCount: check.faultCount,
      faults: check.faults.map((fault) => ({ ...fault, seq: fault.seq.toString() })),
    };
  } finally {
    await client.query("ROLLBACK");
  }
}
