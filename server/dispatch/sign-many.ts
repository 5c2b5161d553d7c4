// Signs many commands of accepted rollouts in one transaction and with one write to the ledger: a wave of 50,000 nodes must not take a quarter of an hour.
// Each command is what sign.ts would have made of it; only rows that need no limit and no new approval come here, one for a node.
import type pg from "pg";
import { CHANGES_CHANNEL, COMMANDS_CHANNEL, hintOf } from "../core/changes.ts";
import type { SigningKey } from "../trust/signing-keys.ts";
import type { Ledger } from "./ledger.ts";
import type { Decision } from "./rules.ts";
import { type DecidedIn, isStill, type Made, makeSigned, within } from "./sign.ts";
import { audit, isFreezeOpen, type Queryable, type Queued, readPhases } from "./store.ts";

export type Wanted = { queued: Queued; decision: Decision & { do: "sign" }; planHash: string; decidedIn: DecidedIn };
type Row = { wanted: Wanted; made: Made };

/** NOTIFY payloads end at 8000 bytes; an id and its comma have 37. */
const IDS_A_NOTIFY = 150;

/** @returns ids of the commands that were signed: the others somebody else has, or the fleet was frozen or their rollout halted in this moment */
export async function signMany(
  input: { pool: pg.Pool; ledger: Ledger; key: SigningKey; wanted: readonly Wanted[] },
  now: number,
): Promise<ReadonlySet<string>> {
  const { pool, ledger, key, wanted } = input;
  let signed: Row[] = [];
  const isKept = await within(pool, async (tx) => {
    const nodeIds = wanted.map(({ queued }) => queued.command.nodeId);
    const generations = await nextGenerations(tx, nodeIds);
    const claimed = await claimAll(
      tx,
      wanted.map(({ queued }) => queued.command.id),
    );
    if (await isFreezeOpen(tx)) return false;
    const phases = await readPhases(tx, [...new Set(wanted.map(({ decidedIn }) => decidedIn.rolloutId))]);
    signed = wanted.flatMap((one): Row[] => {
      const { id, nodeId } = one.queued.command;
      const generation = generations.get(nodeId);
      if (!claimed.has(id) || generation === undefined || !isStill(phases, one.decidedIn)) return [];
      return [{ wanted: one, made: makeSigned({ ...one, key, generation }, now) }];
    });
    if (signed.length === 0) return false;
    await storeAll(tx, signed);
    await auditAll(tx, signed, now);
    await notifyAll(tx, signed);
    // Last, as in sign.ts: on the disk before anybody can see it.
    ledger.addManySigned(signed.map(({ made }) => made.noted));
    return true;
  });
  return new Set(isKept ? signed.map(({ wanted: { queued } }) => queued.command.id) : []);
}

/** Locked in the order of their ids, so that two who lock many do not wait for each other. Node before command, as everybody locks them. */
async function nextGenerations(tx: Queryable, nodeIds: readonly string[]): Promise<Map<string, number>> {
  await tx.query("SELECT 1 FROM node WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", [nodeIds]);
  const { rows } = await tx.query<{ id: string; generation: number }>(
    `UPDATE node n SET generation = greatest(n.generation, (SELECT coalesce(max(c.generation), 0) FROM command c WHERE c.node_id = n.id)) + 1
     WHERE n.id = ANY($1::uuid[]) RETURNING n.id, n.generation`,
    [nodeIds],
  );
  return new Map(rows.map(({ id, generation }) => [id, generation]));
}

async function claimAll(tx: Queryable, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>(
    "SELECT id FROM command WHERE id = ANY($1::uuid[]) AND state = 'queued' FOR UPDATE SKIP LOCKED",
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

async function storeAll(tx: Queryable, rows: readonly Row[]): Promise<void> {
  const of = <T>(read: (made: Made) => T): T[] => rows.map(({ made }) => read(made));
  await tx.query(
    `UPDATE command c SET state = 'signed', generation = t.generation, payload = t.payload, signature = t.signature, key_id = t.key_id,
       issued_at = t.issued_at, expires_at = t.expires_at
     FROM unnest($1::uuid[], $2::int[], $3::bytea[], $4::bytea[], $5::text[], $6::timestamptz[], $7::timestamptz[])
       AS t(id, generation, payload, signature, key_id, issued_at, expires_at)
     WHERE c.id = t.id AND c.state = 'queued'`,
    [
      of(({ row }) => row.commandId),
      of(({ row }) => row.generation),
      of(({ row }) => Buffer.from(row.payload)),
      of(({ row }) => Buffer.from(row.signature)),
      of(({ row }) => row.keyId),
      of(({ row }) => new Date(row.issuedAt)),
      of(({ row }) => new Date(row.expiresAt)),
    ],
  );
}

/** One line for each rollout: every command is named in it, and the chain is made longer by one hash instead of hundreds. */
async function auditAll(tx: Queryable, rows: readonly Row[], now: number): Promise<void> {
  const byRollout = new Map<string, Row[]>();
  for (const row of rows) {
    const rolloutId = row.wanted.queued.run?.rolloutId;
    if (!row.made.audit || !rolloutId) continue;
    const told = byRollout.get(rolloutId);
    if (told) told.push(row);
    else byRollout.set(rolloutId, [row]);
  }
  for (const [rolloutId, told] of byRollout) {
    const commands = told.map(({ made: { row, noted } }) => {
      const { commandId, nodeId, generation } = row;
      const { runId, role, step, risk, planHash } = noted;
      return { commandId, nodeId, generation, runId, role, step, risk, planHash };
    });
    const after = { count: commands.length, commands };
    await audit(tx, { action: "dispatch.sign-many", entity: ["rollout", rolloutId], after, outcome: "done", now });
  }
}

async function notifyAll(tx: Queryable, rows: readonly Row[]): Promise<void> {
  const nodeIds = rows.map(({ made }) => made.row.nodeId);
  const texts: string[] = [];
  for (let i = 0; i < nodeIds.length; i += IDS_A_NOTIFY) texts.push(nodeIds.slice(i, i + IDS_A_NOTIFY).join(","));
  await tx.query("SELECT pg_notify($1, t) FROM unnest($2::text[]) AS t", [COMMANDS_CHANNEL, texts]);
  const runIds = rows.map(({ wanted }) => wanted.queued.command.repairId);
  await tx.query("SELECT pg_notify($1, $2)", [CHANGES_CHANNEL, hintOf({ domain: "repairs", ids: runIds })]);
}
