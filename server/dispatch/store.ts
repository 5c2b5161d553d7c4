// What the dispatcher reads and writes in the database, in plain SQL: it needs few columns, and as little memory and code around its key as possible.
import type pg from "pg";
import { v7 as uuidv7 } from "uuid";
import type { CommandResult } from "../../protocol/commands.ts";
import { CHANGES_CHANNEL, COMMANDS_CHANNEL, hintOf } from "../core/changes.ts";
import type { RolloutRow } from "./rollout-rules.ts";
import type { CommandRow, NodeRow, RunRow } from "./rules.ts";
import type { ApprovalRow } from "./signatures.ts";

export type Queryable = Pick<pg.ClientBase, "query">;
export type Queued = { command: CommandRow; run: RunRow | null; node: NodeRow | null };

const ms = (date: Date | null): number | null => date?.getTime() ?? null;

/** Queued commands, each node's oldest first. @param after command id to go on behind, in the order of ids */
export async function readQueued(db: Queryable, after: string | null, limit: number): Promise<Queued[]> {
  const { rows } = await db.query(
    `SELECT c.id, c.repair_id, c.node_id, c.role, c.step_index, c.type, c.params, c.queued_at,
       r.id IS NOT NULL AS has_run, r.repair_id AS catalogue_id, r.node_id AS run_node_id, r.finding_id, r.undo_of_id, r.plan, r.plan_hash,
       r.state AS run_state, r.requested_by, r.rollout_id, r.direction, t.owner_id,
       n.id IS NOT NULL AS has_node, n.name AS node_name, n.revoked_at IS NOT NULL AS is_revoked, n.quarantined_at IS NOT NULL AS is_quarantined
     FROM command c LEFT JOIN repair r ON r.id = c.repair_id LEFT JOIN node n ON n.id = c.node_id
       LEFT JOIN api_token t ON r.requested_by = 'token:' || t.id::text
     WHERE c.state = 'queued' AND ($1::uuid IS NULL OR c.id > $1::uuid) ORDER BY c.id LIMIT $2`,
    [after, limit],
  );
  return rows.map((row) => ({
    command: {
      id: row.id,
      repairId: row.repair_id,
      nodeId: row.node_id,
      role: row.role,
      stepIndex: row.step_index,
      type: row.type,
      params: row.params,
      queuedAt: ms(row.queued_at),
    },
    run: row.has_run
      ? {
          repairId: row.catalogue_id,
          nodeId: row.run_node_id,
          findingId: row.finding_id,
          undoOfId: row.undo_of_id,
          plan: row.plan,
          planHash: row.plan_hash,
          state: row.run_state,
          requestedBy: row.requested_by,
          owner: row.owner_id === null ? null : `user:${row.owner_id}`,
          rolloutId: row.rollout_id,
          direction: row.direction,
        }
      : null,
    node: row.has_node ? { name: row.node_name, isRevoked: row.is_revoked, isQuarantined: row.is_quarantined } : null,
  }));
}

/** Rows with signatures of a kind, for one subject or those that wait for a verdict. */
export async function readApprovals(
  db: Queryable,
  filter: { kinds: readonly string[]; subject?: string },
): Promise<(ApprovalRow & { kind: string; subject: string; verdict: string })[]> {
  const { rows } = await db.query(
    `SELECT id, kind, subject, statement, signature, verdict FROM approval
     WHERE kind = ANY($1::text[]) AND signature IS NOT NULL AND ($2::text IS NULL AND verdict = 'pending' OR subject = $2)
     ORDER BY at LIMIT 200`,
    [filter.kinds, filter.subject ?? null],
  );
  return rows;
}

/** Rows of rollouts as they stand now; the texts of their changes are large, hence apart from the commands. */
export async function readRollouts(db: Queryable, ids: readonly string[]): Promise<RolloutRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query(
    `SELECT o.id, o.title, o.change, o.change_hash, o.policy, o.policy_hash, o.lane, o.origin, o.target_hash, o.target_count, o.phase, o.requested_by,
       t.owner_id
     FROM rollout o LEFT JOIN api_token t ON o.requested_by = 'token:' || t.id::text WHERE o.id = ANY($1::uuid[])`,
    [ids],
  );
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    change: row.change,
    changeHash: row.change_hash,
    policy: row.policy,
    policyHash: row.policy_hash,
    lane: row.lane,
    origin: row.origin,
    targetHash: row.target_hash,
    targetCount: row.target_count,
    phase: row.phase,
    requestedBy: row.requested_by,
    owner: row.owner_id === null ? null : `user:${row.owner_id}`,
  }));
}

/** Phases as they stand in this moment. */
export async function readPhases(db: Queryable, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const { rows } = await db.query<{ id: string; phase: string }>(
    "SELECT id, phase FROM rollout WHERE id = ANY($1::uuid[])",
    [ids],
  );
  return new Map(rows.map(({ id, phase }) => [id, phase]));
}

/** Ids of all nodes that a rollout may change: those that have a wave. */
export async function readTargets(db: Queryable, rolloutId: string): Promise<string[]> {
  const { rows } = await db.query<{ node_id: string }>(
    "SELECT node_id FROM rollout_target WHERE rollout_id = $1 AND wave >= 0",
    [rolloutId],
  );
  return rows.map(({ node_id }) => node_id);
}

export type Accounts = { approvers: string[]; disabled: ReadonlySet<string> };

/**
 * Accounts that may approve, and those of `holders` that are disabled. Read to be stricter only: with two approvers nobody approves alone, and whoever
 * was disabled counts no more.
 */
export async function readAccounts(db: Queryable, holders: readonly string[]): Promise<Accounts> {
  const { rows } = await db.query<{ person: string; isDisabled: boolean }>(
    `SELECT 'user:' || u.id AS person, u.disabled_at IS NOT NULL AS "isDisabled" FROM "user" u
     WHERE (u.disabled_at IS NULL AND (u.role IN ('approver', 'admin') OR EXISTS (
         SELECT 1 FROM "grant" g WHERE g.user_id = u.id AND g.role IN ('approver', 'admin') AND (g.expires_at IS NULL OR g.expires_at > now()))))
       OR (u.disabled_at IS NOT NULL AND 'user:' || u.id = ANY($1::text[]))
     LIMIT 2000`,
    [holders],
  );
  return {
    approvers: rows.filter(({ isDisabled }) => !isDisabled).map(({ person }) => person),
    disabled: new Set(rows.filter(({ isDisabled }) => isDisabled).map(({ person }) => person)),
  };
}

export async function countNodes(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM node WHERE revoked_at IS NULL",
  );
  return rows[0]?.count ?? 0;
}

/**
 * Takes the node's next generation, in the transaction that signs; the row lock keeps a node's commands in order.
 * @param taken one that was given before, and that the node must not fall behind
 */
export async function nextGeneration(tx: Queryable, nodeId: string, taken?: number): Promise<number> {
  const { rows } = await tx.query<{ generation: number }>(
    taken === undefined
      ? `UPDATE node n SET generation = greatest(n.generation, (SELECT coalesce(max(c.generation), 0) FROM command c WHERE c.node_id = n.id)) + 1
         WHERE n.id = $1 AND $2::int IS NULL RETURNING n.generation`
      : "UPDATE node n SET generation = greatest(n.generation, $2::int) WHERE n.id = $1 RETURNING n.generation",
    [nodeId, taken ?? null],
  );
  const generation = rows[0]?.generation;
  if (generation === undefined) throw new Error(`node ${nodeId} is gone`);
  return generation;
}

/** Looked at again in the transaction that signs: a freeze is in force with the next signature, not with the next round. */
export async function isFreezeOpen(tx: Queryable): Promise<boolean> {
  const { rows } = await tx.query<{ isOpen: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM "freeze" WHERE lifted_at IS NULL) AS "isOpen"`,
  );
  return rows[0]?.isOpen !== false;
}

export type SignedRow = {
  commandId: string;
  nodeId: string;
  generation: number;
  payload: Uint8Array;
  signature: Uint8Array;
  keyId: string;
  issuedAt: number;
  expiresAt: number;
};

/** Claims a queued row; false when it is not queued any more or somebody holds it. Node before command, as everybody locks them. */
export async function claim(tx: Queryable, commandId: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    "SELECT 1 FROM command WHERE id = $1 AND state = 'queued' FOR UPDATE SKIP LOCKED",
    [commandId],
  );
  return rowCount === 1;
}

/** Puts the signature into its row and wakes the gateways when the transaction commits. */
export async function storeSigned(tx: Queryable, row: SignedRow, runId: string): Promise<void> {
  await tx.query(
    `UPDATE command SET state = 'signed', generation = $2, payload = $3, signature = $4, key_id = $5, issued_at = $6, expires_at = $7
     WHERE id = $1 AND state = 'queued'`,
    [
      row.commandId,
      row.generation,
      Buffer.from(row.payload),
      Buffer.from(row.signature),
      row.keyId,
      new Date(row.issuedAt),
      new Date(row.expiresAt),
    ],
  );
  await tx.query("SELECT pg_notify($1, $2), pg_notify($3, $4)", [
    COMMANDS_CHANNEL,
    row.nodeId,
    CHANGES_CHANNEL,
    hintOf({ domain: "repairs", ids: [runId] }),
  ]);
}

/** Ends a queued command that is not signed. */
export async function storeRefused(
  tx: Queryable,
  refused: { commandId: string; runId: string; code: string; message: string; now: number },
): Promise<void> {
  const { commandId, runId, code, message, now } = refused;
  const result: CommandResult = {
    commandId,
    status: "refused",
    code: `dispatcher:${code}`,
    message,
    changed: false,
    output: {},
    startedAt: now,
    endedAt: now,
  };
  await tx.query(
    "UPDATE command SET state = 'refused', ended_at = $2, result = $3 WHERE id = $1 AND state = 'queued'",
    [commandId, new Date(now), JSON.stringify(result)],
  );
  await tx.query("SELECT pg_notify($1, $2)", [CHANGES_CHANNEL, hintOf({ domain: "repairs", ids: [runId] })]);
}

export type AuditRow = {
  action: string;
  entity: readonly [kind: string, id: string];
  nodeId?: string | null;
  after: unknown;
  outcome: "done" | "denied";
  now: number;
};

/** The dispatcher's own lines of the audit trail, in the transaction of what they tell. */
export async function audit(tx: Queryable, { action, entity, nodeId, after, outcome, now }: AuditRow): Promise<void> {
  await tx.query(
    `INSERT INTO audit_event (id, at, actor, actor_name, action, entity, entity_id, node_id, after, outcome)
     VALUES ($1, $2, 'system:dispatcher', 'dispatcher', $3, $4, $5, $6, $7, $8)`,
    [uuidv7(), new Date(now), action, entity[0], entity[1], nodeId ?? null, JSON.stringify(after), outcome],
  );
}
