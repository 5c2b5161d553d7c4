// The freeze as the dispatcher keeps it: in force as soon as a row says so, over only when enough persons have signed. A row that is changed or deleted
// by somebody else lifts nothing: it is put back.
import { sign } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { canonicalJson } from "../../protocol/canonical-json.ts";
import { type FreezeContent, FreezeLift, freezeBytes } from "../../protocol/trust.ts";
import { FREEZE_CHANNEL } from "../core/changes.ts";
import { writeDurably } from "../core/durable.ts";
import { dispatcherFolder } from "../core/secrets.ts";
import type { SigningKey } from "../trust/signing-keys.ts";
import type { Queryable } from "./store.ts";

const Frozen = z.strictObject({
  epoch: z.number().int().positive(),
  reason: z.string(),
  setBy: z.string(),
  setByName: z.string(),
  /** Epoch ms. */
  setAt: z.number(),
});
export type Frozen = z.infer<typeof Frozen>;
const Given = z.strictObject({ person: z.string(), challenge: z.string(), expiresAt: z.number() });
const Lifted = Frozen.extend({ liftedAt: z.number(), liftedBy: z.array(z.string()), lift: FreezeLift });
const FreezeFile = z.strictObject({
  v: z.literal(1),
  frozen: Frozen.nullable(),
  /** Signatures for the lift of `frozen`. */
  given: z.array(Given),
  /** The last ones, newest last: a row that is open again without being a new freeze is told by them. */
  lifted: z.array(Lifted),
});
type FreezeFile = z.infer<typeof FreezeFile>;

/** Laid there by root (`./nodeops freeze` on this host), so that neither web nor database can swallow a freeze. */
const FreezeNow = z.object({ v: z.literal(1), reason: z.string().min(1).max(500), at: z.iso.datetime() });

const LIFTED_KEPT = 50;
/** Epochs rise by one; a row that is further ahead was made to use up what agents will ever take. */
const EPOCH_STEP_MAX = 1_000;

export class FreezeState {
  readonly #path: string;
  readonly #nowPath: string;
  #state: FreezeFile = { v: 1, frozen: null, given: [], lifted: [] };

  /** @throws Error when the file is there and cannot be read */
  constructor(dataDir: string) {
    this.#path = join(dispatcherFolder(dataDir), "freeze.json");
    this.#nowPath = join(dispatcherFolder(dataDir), "freeze-now.json");
    if (!existsSync(this.#path)) return;
    try {
      this.#state = FreezeFile.parse(JSON.parse(readFileSync(this.#path, "utf8")));
    } catch (err) {
      throw new Error(`${this.#path} is damaged: ${err instanceof Error ? err.message : String(err)}`, { cause: err });
    }
  }

  get frozen(): Frozen | null {
    return this.#state.frozen;
  }

  #store(state: FreezeFile): void {
    writeDurably(this.#path, `${JSON.stringify(state, null, 1)}\n`);
    this.#state = state;
  }

  /** The freeze of `freeze-now.json`, in force before anything else is looked at; the next `sync` writes its row. @returns it when it began just now */
  takeLocal(now: number): Frozen | null {
    if (!existsSync(this.#nowPath)) return null;
    let reason = "asked for on the console's host";
    try {
      reason = FreezeNow.parse(JSON.parse(readFileSync(this.#nowPath, "utf8"))).reason;
    } catch {
      // Whatever it says: somebody with this folder wants everything to stop.
    }
    const last = Math.max(0, ...this.#state.lifted.map(({ epoch }) => epoch), this.#state.frozen?.epoch ?? 0);
    const began = { epoch: last + 1, reason, setBy: "system:host", setByName: "console's host", setAt: now };
    if (this.#state.frozen === null) this.#store({ ...this.#state, frozen: began, given: [] });
    rmSync(this.#nowPath);
    return this.#state.frozen === began ? began : null;
  }

  /** Takes new freezes from the database and puts back what was changed there. @returns the freeze that began just now */
  async sync(db: Queryable): Promise<Frozen | null> {
    const { rows } = await db.query<Omit<Frozen, "setAt"> & { setAt: Date; isOpen: boolean }>(
      `SELECT epoch, reason, set_by AS "setBy", set_by_name AS "setByName", set_at AS "setAt", lifted_at IS NULL AS "isOpen"
       FROM "freeze" WHERE lifted_at IS NULL OR epoch = $1 ORDER BY epoch DESC LIMIT 100`,
      [this.#state.frozen?.epoch ?? null],
    );
    let began: Frozen | null = null;
    for (const { isOpen, setAt, ...row } of rows) {
      if (!isOpen) continue;
      const lifted = this.#state.lifted.find((l) => l.epoch === row.epoch && l.setAt === setAt.getTime());
      if (lifted) await writeLift(db, lifted);
      else if (this.#isNext(row.epoch)) {
        began = { ...row, setAt: setAt.getTime() };
        this.#store({ ...this.#state, frozen: began, given: [] });
      }
    }
    const { frozen } = this.#state;
    if (frozen && frozen !== began && !rows.some((row) => row.epoch === frozen.epoch && row.isOpen))
      await restore(db, frozen);
    return began;
  }

  #isNext(epoch: number): boolean {
    const { frozen, lifted } = this.#state;
    const last = frozen?.epoch ?? lifted.at(-1)?.epoch ?? null;
    return last === null || (epoch > (frozen?.epoch ?? 0) && epoch <= last + EPOCH_STEP_MAX);
  }

  /** Counts a signature for the lift of the present freeze. */
  give(person: string, challenge: string, expiresAt: number): void {
    this.#store({ ...this.#state, given: [...this.#state.given, { person, challenge, expiresAt }] });
  }

  /** All signatures for the lift, also those that have expired. */
  get given(): readonly { challenge: string; expiresAt: number }[] {
    return this.#state.given;
  }

  /** Different persons whose signatures for the lift are still good. */
  givers(now: number): string[] {
    return [...new Set(this.#state.given.filter((g) => g.expiresAt > now).map(({ person }) => person))];
  }

  /** Ends the freeze: here first, then in the database. The caller has counted the signatures. */
  async lift(db: Queryable, key: SigningKey, liftedBy: string[], now: number): Promise<void> {
    const { frozen, lifted } = this.#state;
    if (!frozen) return;
    const content: FreezeContent = { v: 1, epoch: frozen.epoch, frozen: false, issuedAt: now };
    const entry = { ...frozen, liftedAt: now, liftedBy, lift: signedLift(Buffer.from(canonicalJson(content)), key) };
    this.#store({ v: 1, frozen: null, given: [], lifted: [...lifted, entry].slice(-LIFTED_KEPT) });
    await writeLift(db, entry);
  }

  /** The newest lift once more by the key that signs now: agents that were away must be able to check it after the old key is gone. */
  async renewLift(db: Queryable, key: SigningKey): Promise<void> {
    const { lifted } = this.#state;
    const last = lifted.at(-1);
    if (!last || last.lift.keyId === key.keyId) return;
    const entry = { ...last, lift: signedLift(Buffer.from(last.lift.payload, "base64url"), key) };
    this.#store({ ...this.#state, lifted: [...lifted.slice(0, -1), entry] });
    await db.query(`UPDATE "freeze" SET lift = $2 WHERE epoch = $1 AND lifted_at IS NOT NULL`, [
      entry.epoch,
      JSON.stringify(entry.lift),
    ]);
    await db.query("SELECT pg_notify($1, $2)", [FREEZE_CHANNEL, entry.epoch.toString()]);
  }
}

const signedLift = (payload: Buffer, key: SigningKey): FreezeLift => ({
  payload: payload.toString("base64url"),
  keyId: key.keyId,
  signature: sign(null, freezeBytes(payload), key.privateKey).toString("base64url"),
});

/** Older freezes that were never lifted by themselves end with the newest. */
async function writeLift(db: Queryable, { epoch, liftedAt, liftedBy, lift }: z.infer<typeof Lifted>): Promise<void> {
  await db.query(
    `UPDATE "freeze" SET lifted_at = $2, lifted_by = $3, lift = $4 WHERE epoch <= $1 AND lifted_at IS NULL`,
    [epoch, new Date(liftedAt), liftedBy, JSON.stringify(lift)],
  );
  await db.query("SELECT pg_notify($1, $2)", [FREEZE_CHANNEL, epoch.toString()]);
}

async function restore(db: Queryable, { epoch, reason, setBy, setByName, setAt }: Frozen): Promise<void> {
  await db.query(
    `INSERT INTO "freeze" (epoch, reason, set_by, set_by_name, set_at) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (epoch) DO UPDATE SET lifted_at = NULL, lifted_by = '{}', lift = NULL`,
    [epoch, reason, setBy, setByName, new Date(setAt)],
  );
  // Web takes the next number from the sequence: it must not be one that stands there already.
  await db.query("SELECT setval('freeze_epoch_seq', greatest($1::bigint, nextval('freeze_epoch_seq')))", [epoch]);
  await db.query("SELECT pg_notify($1, $2)", [FREEZE_CHANNEL, epoch.toString()]);
}
