// Signatures that ask the dispatcher itself for something: accept a key, drop a key, lift the freeze. Each row gets a verdict that people can read.
import type pg from "pg";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import type { Statement } from "../../protocol/statement.ts";
import { liftsNeeded } from "../approvals/needed.ts";
import type { Logger } from "../core/log.ts";
import type { SigningKey } from "../trust/signing-keys.ts";
import type { FreezeState } from "./freeze-state.ts";
import type { KeyList } from "./key-list.ts";
import { type ApprovalRow, type Checked, check, type SignatureContext } from "./signatures.ts";
import { audit, readApprovals } from "./store.ts";

export type RequestContext = SignatureContext & {
  pool: pg.Pool;
  freeze: FreezeState;
  key: () => SigningKey;
  log: Logger;
};

type Verdict = { verdict: "accepted" | "refused"; reason: string };
const refused = (reason: string): Verdict => ({ verdict: "refused", reason });
const accepted: Verdict = { verdict: "accepted", reason: "" };

/** Judges every row that waits. @param approvers persons that can approve, for the number of signatures that a lift needs */
export async function handleRequests(ctx: RequestContext, approvers: readonly string[], now: number): Promise<void> {
  const rows = await readApprovals(ctx.pool, { kinds: ["key-add", "key-remove", "unfreeze"] });
  const read: { row: (typeof rows)[number]; checked: Checked }[] = [];
  for (const row of rows) read.push({ row, checked: await check(row, ctx, now) });
  const all = read.map(({ checked }) => checked);
  for (const { row, checked } of read) {
    if (checked.ok && waitsForAnother(checked, all, ctx.keys)) continue; // its row stays pending until it expires
    const verdict = checked.ok ? judge(checked, row.kind, ctx, now) : refused(checked.why);
    // A row whose verdict cannot be written holds up no other, and no command.
    await record(ctx, row, checked, verdict, now).catch((err: unknown) =>
      ctx.log.error(
        { approvalId: row.id, err: err instanceof Error ? err.message : String(err) },
        "verdict not stored",
      ),
    );
  }
  if (ctx.freeze.frozen) await liftIfSigned(ctx, approvers, now);
}

/**
 * Who changes keys changes who counts. The page on which a passkey is tapped is drawn by the web tier, so taps alone change no key: one of the signatures
 * must be a local key's. And where two persons hold keys, two of them must want it, else one could invent a colleague, or be rid of one, and approve
 * alone for ever. One's own key is one's own business.
 */
function waitsForAnother(checked: Checked & { ok: true }, all: readonly Checked[], keys: KeyList): boolean {
  const wanted = checked.statement;
  if (checked.isSpent || (wanted.kind !== "key-add" && wanted.kind !== "key-remove")) return false;
  const owner = wanted.kind === "key-add" ? wanted.person : keys.get(wanted.keyId)?.person;
  if (owner === undefined) return false; // nothing to wait for: judged, and refused, at once
  const signers = all.flatMap((other) => (other.ok && isSameWish(other.statement, wanted) ? [other.key] : []));
  const persons = new Set(signers.map(({ person }) => person));
  const isOwn = persons.size === 1 && persons.has(owner);
  return !signers.some(({ type }) => type === "ed25519") || (keys.persons().length >= 2 && persons.size < 2 && !isOwn);
}

/** The same but for its end: two people who look at different times are offered statements that differ in it. */
const isSameWish = ({ expiresAt: _, ...a }: Statement, { expiresAt: __, ...b }: Statement): boolean =>
  canonicalJson(a) === canonicalJson(b);

function judge(checked: Checked & { ok: true }, kind: string, ctx: RequestContext, now: number): Verdict {
  const { statement, signature, challenge, isSpent, key } = checked;
  const { keys, ledger, freeze } = ctx;
  if (statement.kind !== kind) return refused("the statement is of another kind");
  switch (statement.kind) {
    case "key-add":
    case "key-remove": {
      // Carried out before a crash, by the other person's row, or a copy of a row that was: there is nothing left to do.
      if (isSpent || ledger.isSpent(challenge)) return accepted;
      const why = statement.kind === "key-add" ? keys.add(statement, signature, now) : keys.remove(statement);
      if (why !== null) return refused(why);
      ledger.addSpent(challenge, statement.expiresAt, now);
      return accepted;
    }
    case "unfreeze":
      if (isSpent || freeze.frozen?.epoch !== statement.epoch) return refused("that freeze is not in force");
      freeze.give(key.person, challenge, statement.expiresAt);
      return accepted;
    default:
      return refused("it is judged where its plan or rollout is");
  }
}

/** Verdict, mirror of the keys and line of the audit trail, in one transaction. */
export async function record(
  ctx: RequestContext,
  row: ApprovalRow & { kind: string },
  checked: Checked,
  { verdict, reason }: Verdict,
  now: number,
): Promise<void> {
  const statement = checked.ok ? checked.statement : row.statement;
  const person = checked.ok ? checked.key.person : null;
  const client = await ctx.pool.connect();
  try {
    await client.query("BEGIN");
    await client.query("UPDATE approval SET verdict = $2, reason = $3 WHERE id = $1", [row.id, verdict, reason]);
    if (checked.ok && verdict === "refused" && checked.statement.kind === "key-add") {
      await client.query(
        "UPDATE approval_key SET state = 'refused', reason = $2, changed_at = $3 WHERE id = $1 AND state = 'requested'",
        [checked.statement.keyId, reason, new Date(now)],
      );
    }
    await mirrorKeys(client, ctx.keys, now);
    const outcome = verdict === "accepted" ? "done" : "denied";
    const after = { kind: row.kind, statement, person, verdict, reason };
    await audit(client, { action: `dispatch.${row.kind}`, entity: ["approval", row.id], after, outcome, now });
    await client.query("COMMIT");
  } catch (err) {
    await client.query("ROLLBACK").catch((lost: unknown) => lost); // the connection is gone, and with it the transaction
    throw err;
  } finally {
    client.release();
  }
  ctx.log.info({ kind: row.kind, approvalId: row.id, person, verdict, reason }, "request judged");
}

/** The console's list of keys, made like the dispatcher's own. */
export async function mirrorKeys(db: Pick<pg.ClientBase, "query">, keys: KeyList, now: number): Promise<void> {
  for (const { keyId, type, person, personName, label, publicKey, addedAt } of keys.all()) {
    await db.query(
      `INSERT INTO approval_key (id, type, person, person_name, public_key, state, requested_at, changed_at, label)
       VALUES ($1, $2, $3, $4, $5, 'active', $6, $7, $8)
       ON CONFLICT (id) DO UPDATE SET type = excluded.type, person = excluded.person, person_name = excluded.person_name,
         public_key = excluded.public_key, state = 'active', reason = '', changed_at = excluded.changed_at
       WHERE (approval_key.type, approval_key.person, approval_key.public_key, approval_key.state)
         IS DISTINCT FROM (excluded.type, excluded.person, excluded.public_key, 'active')`,
      [keyId, type, person, personName, publicKey, new Date(addedAt), new Date(now), label],
    );
  }
  await db.query(
    "UPDATE approval_key SET state = 'removed', changed_at = $2 WHERE state = 'active' AND id <> ALL($1::text[])",
    [keys.all().map(({ keyId }) => keyId), new Date(now)],
  );
}

async function liftIfSigned(ctx: RequestContext, approvers: readonly string[], now: number): Promise<void> {
  const { freeze, keys, ledger, pool, log, disabled } = ctx;
  // Whoever has lost their last key or their account meanwhile does not count.
  const givers = freeze.givers(now).filter((person) => keys.persons().includes(person) && !disabled.has(person));
  const { frozen } = freeze;
  if (!frozen || givers.length === 0 || givers.length < liftsNeeded(approvers)) return;
  for (const { challenge, expiresAt } of freeze.given) ledger.addSpent(challenge, expiresAt, now);
  await freeze.lift(pool, ctx.key(), givers, now);
  const after = { epoch: frozen.epoch, by: givers };
  await audit(pool, {
    action: "dispatch.lift",
    entity: ["freeze", frozen.epoch.toString()],
    after,
    outcome: "done",
    now,
  });
  log.warn(after, "freeze lifted");
}
