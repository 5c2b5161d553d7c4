// Signed commands on their way to agents. The gateway carries them; it can neither make nor change one.
import type pg from "pg";
import type { SignedCommand } from "../../protocol/commands.ts";

export type Delivery = { commandId: string; nodeId: string; command: SignedCommand };

type Row = { id: string; node_id: string; payload: Buffer; signature: Buffer; key_id: string };

const toDelivery = ({ id, node_id, payload, signature, key_id }: Row): Delivery => ({
  commandId: id,
  nodeId: node_id,
  // Plain views: MessagePack would otherwise carry Node's Buffer type in its own way.
  command: { payload: new Uint8Array(payload), signature: new Uint8Array(signature), keyId: key_id },
});

const COLUMNS = "id, node_id, payload, signature, key_id";
const WHOLE = "payload IS NOT NULL AND signature IS NOT NULL AND key_id IS NOT NULL";

/** Nothing is given to a node that two machines claim to be. */
const MAY_ACT = "NOT EXISTS (SELECT 1 FROM node n WHERE n.id = node_id AND n.quarantined_at IS NOT NULL)";

/** Signed and still valid, not yet accepted. */
export async function loadSigned(pool: pg.Pool, nodeIds: string[], now: Date): Promise<Delivery[]> {
  if (nodeIds.length === 0) return [];
  const { rows } = await pool.query<Row>(
    `SELECT ${COLUMNS} FROM command WHERE node_id = ANY($1::uuid[]) AND state = 'signed' AND expires_at > $2 AND ${WHOLE}
       AND ${MAY_ACT} ORDER BY generation`,
    [nodeIds, now],
  );
  return rows.map(toDelivery);
}

/** Of the whole fleet: which commands wait to be accepted, and for which nodes. Few, for they expire soon. */
export async function findSigned(pool: pg.Pool, now: Date): Promise<{ commandId: string; nodeId: string }[]> {
  const { rows } = await pool.query<{ id: string; node_id: string }>(
    "SELECT id, node_id FROM command WHERE state = 'signed' AND expires_at > $1",
    [now],
  );
  return rows.map(({ id, node_id }) => ({ commandId: id, nodeId: node_id }));
}

/** Everything unsettled of a node that has just connected: an agent that has done it answers with the same result again. */
export async function loadUnsettled(pool: pg.Pool, nodeId: string, now: Date): Promise<Delivery[]> {
  const { rows } = await pool.query<Row>(
    `SELECT ${COLUMNS} FROM command
     WHERE node_id = $1 AND (state = 'accepted' OR (state = 'signed' AND expires_at > $2)) AND ${WHOLE}
       AND ${MAY_ACT} ORDER BY generation`,
    [nodeId, now],
  );
  return rows.map(toDelivery);
}
