// The freeze on its way to agents: read from the table when it changes, pushed to every session at once, told to each new one.
import type pg from "pg";
import { canonicalJson } from "../protocol/canonical-json.ts";
import { type FreezeContent, FreezeLift, type SignedFreeze } from "../protocol/trust.ts";
import { FREEZE_CHANNEL } from "../server/core/changes.ts";
import type { Database } from "../server/core/db.ts";
import { listen } from "../server/core/listen.ts";
import type { Logger } from "../server/core/log.ts";
import type { SessionTable } from "./session-table.ts";

/** Safety net behind the notification, ms. */
const POLL_MS = 2_000;

/** `isFrozen`: no command leaves this gateway. */
export type FreezeState = { isFrozen: boolean; freeze: SignedFreeze };

function unsigned(frozen: boolean, epoch: number): FreezeState {
  const content: FreezeContent = { v: 1, epoch, frozen, issuedAt: 0 };
  return {
    isFrozen: frozen,
    freeze: { payload: new TextEncoder().encode(canonicalJson(content)), keyId: null, signature: null },
  };
}

/** The newest freeze decides. One that is marked as lifted without the dispatcher's signature is still in force. */
export async function readFreeze(pool: pg.Pool): Promise<FreezeState> {
  const { rows } = await pool.query<{ epoch: number; lifted_at: Date | null; lift: unknown }>(
    'SELECT epoch, lifted_at, lift FROM "freeze" ORDER BY (lifted_at IS NULL) DESC, epoch DESC LIMIT 1',
  );
  const [row] = rows;
  if (!row) return unsigned(false, 0);
  const lift = FreezeLift.safeParse(row.lift);
  if (row.lifted_at === null || !lift.success) return unsigned(true, row.epoch);
  const { payload, keyId, signature } = lift.data;
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, "base64url"));
  return { isFrozen: false, freeze: { payload: bytes(payload), keyId, signature: bytes(signature) } };
}

const isSame = (a: SignedFreeze, b: SignedFreeze): boolean =>
  a.keyId === b.keyId &&
  Buffer.from(a.payload).equals(b.payload) &&
  Buffer.from(a.signature ?? []).equals(b.signature ?? new Uint8Array());

export type FreezeWatch = { state: () => FreezeState; stop: () => Promise<void> };

/** Starts listening and polling, with the state known already. */
export async function watchFreeze(input: { db: Database; table: SessionTable; log: Logger }): Promise<FreezeWatch> {
  const { db, table, log } = input;
  let state = unsigned(false, 0);
  let running: Promise<void> | null = null;
  let isStale = false;

  async function look(): Promise<void> {
    const found = await readFreeze(db.pool);
    if (isSame(found.freeze, state.freeze)) return;
    if (found.isFrozen !== state.isFrozen) log.warn({ isFrozen: found.isFrozen }, "freeze");
    state = found;
    for (const session of table.all()) session.send({ type: "freeze", freeze: state.freeze });
  }

  /** One look at a time; a notification during one asks for another. */
  function refresh(): Promise<void> {
    isStale = true;
    running ??= (async () => {
      while (isStale) {
        isStale = false;
        await look().catch((err: unknown) => log.warn({ err: String(err) }, "freeze not read"));
      }
    })().finally(() => {
      running = null;
    });
    return running;
  }

  await refresh();
  const timer = setInterval(refresh, POLL_MS);
  const listener = listen({ url: db.url, channels: [FREEZE_CHANNEL], onMessage: refresh, onReconnect: refresh });
  return {
    state: () => state,
    async stop() {
      clearInterval(timer);
      await listener.close();
      await running;
    },
  };
}
