// Shells on their way: what agents print is stored in order and only then acknowledged; what people type goes down in order, woken by NOTIFY and a slow poll.
import type pg from "pg";
import { SHELL_BYTES_MAX } from "../protocol/constants.ts";
import { SHELL_INPUT_CHANNEL, SHELL_OUTPUT_CHANNEL } from "../server/core/changes.ts";
import type { Database } from "../server/core/db.ts";
import { listen } from "../server/core/listen.ts";
import type { Logger } from "../server/core/log.ts";
import type { Session, ShellMessage } from "./session.ts";
import type { SessionTable } from "./session-table.ts";

/** Safety net behind the notifications, ms. */
const POLL_MS = 2_000;
/** Inputs sent in one go. */
const INPUTS_MAX = 200;

/**
 * Stores one piece of a shell of this node, once, when it is the next one.
 * @returns the number up to which everything is stored; null when the node has no such shell, or one that no signed command opened
 */
export async function storePiece(pool: pg.Pool, nodeId: string, message: ShellMessage): Promise<number | null> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const { rows } = await client.query<{ state: string; seq: number; output_bytes: number }>(
      `SELECT s.state, s.output_bytes, (SELECT coalesce(max(o.seq), 0) FROM shell_output o WHERE o.shell_id = s.id) AS seq
       FROM shell_session s WHERE s.id = $1 AND s.node_id = $2 AND EXISTS (
         SELECT FROM command c WHERE c.repair_id = s.id AND c.type = 'shell.open' AND c.payload IS NOT NULL) FOR UPDATE OF s`,
      [message.shellId, nodeId],
    );
    const [shell] = rows;
    const stored = shell ? await storeNext(client, message, shell) : null;
    await client.query("COMMIT");
    return stored;
  } catch (err) {
    await client.query("ROLLBACK");
    throw err;
  } finally {
    client.release();
  }
}

async function storeNext(
  client: pg.PoolClient,
  message: ShellMessage,
  known: { state: string; seq: number; output_bytes: number },
): Promise<number> {
  if (known.state === "ended" || known.state === "refused") return message.seq; // nothing is added to a closed record
  if (message.seq !== known.seq + 1) return known.seq;
  const id = message.shellId;
  if (message.type === "shell-ended") {
    await client.query(
      "UPDATE shell_session SET state = 'ended', ended_at = now(), end_reason = $2, exit_code = $3 WHERE id = $1",
      [id, message.reason, message.exitCode],
    );
  } else {
    if (known.output_bytes + message.data.length > SHELL_BYTES_MAX) return message.seq;
    await client.query("INSERT INTO shell_output (shell_id, seq, at_ms, data) VALUES ($1, $2, $3, $4)", [
      ...[id, message.seq, message.atMs],
      Buffer.from(message.data),
    ]);
    await client.query(
      `UPDATE shell_session SET output_bytes = output_bytes + $2, state = 'open', opened_at = coalesce(opened_at, now()),
         deadline_at = coalesce(deadline_at, now() + minutes * interval '1 minute') WHERE id = $1`,
      [id, message.data.length],
    );
  }
  await client.query("SELECT pg_notify($1, $2)", [SHELL_OUTPUT_CHANNEL, id]);
  return message.seq;
}

export type Shells = { take: (session: Session, message: ShellMessage) => void; stop: () => Promise<void> };

/** Starts listening and polling. */
export function startShells(input: { db: Database; table: SessionTable; log: Logger }): Shells {
  const { db, table, log } = input;
  const warn = (what: string) => (err: unknown) =>
    log.warn({ err: err instanceof Error ? err.message : String(err) }, what);
  /** One after the other for each shell. */
  const storing = new Map<string, Promise<void>>();
  /** Last input that went down, by session and shell: another session gets all of it, the agent leaves out what it had. */
  const sent = new WeakMap<Session, Map<string, number>>();

  function inOrder(key: string, work: () => Promise<void>): void {
    const next = (storing.get(key) ?? Promise.resolve()).then(work).catch(warn("shell"));
    storing.set(key, next);
    void next.then(() => storing.get(key) === next && storing.delete(key));
  }

  async function handDown(shellId: string): Promise<void> {
    const { rows } = await db.pool.query<{ node_id: string }>(
      "SELECT node_id FROM shell_session WHERE id = $1 AND state = 'open'",
      [shellId],
    );
    const session = table.get(rows[0]?.node_id ?? "");
    if (!session) return;
    const known = sent.get(session) ?? new Map<string, number>();
    sent.set(session, known);
    const inputs = await db.pool.query<{ seq: number; kind: "i" | "r" | "x"; data: Buffer }>(
      "SELECT seq, kind, data FROM shell_input WHERE shell_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
      [shellId, known.get(shellId) ?? 0, INPUTS_MAX],
    );
    for (const { seq, kind, data } of inputs.rows) {
      session.send({ type: "shell-input", shellId, seq, kind, data: new Uint8Array(data) });
      known.set(shellId, seq);
    }
    if (inputs.rows.length === INPUTS_MAX) inOrder(`in ${shellId}`, () => handDown(shellId));
  }

  const poll = async () => {
    const { rows } = await db.pool.query<{ id: string }>(
      "SELECT id FROM shell_session WHERE state = 'open' AND node_id = ANY($1::uuid[])",
      [table.ids()],
    );
    for (const { id } of rows) inOrder(`in ${id}`, () => handDown(id));
  };
  const look = () => void poll().catch(warn("shells not read"));
  const timer = setInterval(look, POLL_MS);
  const listener = listen({
    url: db.url,
    channels: [SHELL_INPUT_CHANNEL],
    onMessage: (_, shellId) => inOrder(`in ${shellId}`, () => handDown(shellId)),
    onReconnect: look,
  });

  return {
    take: (session, message) =>
      inOrder(`out ${message.shellId}`, async () => {
        const seq = await storePiece(db.pool, session.nodeId, message);
        if (seq !== null) session.send({ type: "shell-ack", shellId: message.shellId, seq });
      }),
    stop: async () => {
      clearInterval(timer);
      await listener.close();
      await Promise.all(storing.values());
    },
  };
}
