// Lockout by account name, whether or not anybody has that name: an attempt is counted before the password is looked at, so that a thousand
// attempts at once are a thousand attempts; a success forgets them.
import { createHash } from "node:crypto";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";

/** Attempts within `WINDOW_MS` that lock a name. */
export const ATTEMPTS_MAX = 5;
const WINDOW_MS = 15 * 60_000;
/** First lock, doubling with each further round up to the last, ms. */
export const LOCK_MS = 15 * 60_000;
export const LOCK_MAX_MS = 3_600_000;
/** Rounds of the past are remembered this long after a lock ended, ms. */
const MEMORY_MS = 3_600_000;

/** What the database calls a name: its sha-256, so that a password typed into the wrong field is not kept. */
export const attemptKey = (email: string): string =>
  createHash("sha256").update(email.trim().toLowerCase()).digest("hex");

/** For proofs of presence by somebody who has signed in; no address that is typed in leads to it. */
export const presenceKey = (userId: string): string => `presence:${userId}`;

export type Attempt =
  /** `isFirst`: of its round; `locks`: this one, if it fails, was the last for a while. */
  { isAllowed: true; isFirst: boolean; lockedUntil: Date | null } | { isAllowed: false };

type Row = { count: number; locked_until: Date | null };

/** Counts one attempt. Refused while the name is locked; attempts during a lock do not prolong it. */
export async function beginAttempt(db: PrismaClient | Tx, key: string, now: Date): Promise<Attempt> {
  const windowStart = new Date(now.getTime() - WINDOW_MS);
  const memoryStart = new Date(now.getTime() - MEMORY_MS);
  const rows = await db.$queryRaw<Row[]>(sql`
    INSERT INTO sign_in_failure AS f (key, count, first_at, last_at) VALUES (${key}, 1, ${now}, ${now})
    ON CONFLICT (key) DO UPDATE SET
      count = CASE WHEN ${isOver(windowStart, memoryStart)} THEN 1 ELSE f.count + 1 END,
      first_at = CASE WHEN ${isOver(windowStart, memoryStart)} THEN ${now} ELSE f.first_at END,
      last_at = ${now},
      locked_until = CASE
        WHEN ${isOver(windowStart, memoryStart)} THEN NULL
        WHEN (f.count + 1) % ${ATTEMPTS_MAX}::int = 0 THEN ${now}::timestamptz + LEAST(
          ${LOCK_MAX_MS}::float8, ${LOCK_MS}::float8 * 2 ^ ((f.count + 1) / ${ATTEMPTS_MAX}::int - 1)) * interval '1 ms'
        ELSE f.locked_until END
      WHERE f.locked_until IS NULL OR f.locked_until <= ${now}
    RETURNING count, locked_until`);
  const row = rows[0];
  if (!row) return { isAllowed: false };
  const lockedUntil = row.locked_until && row.locked_until > now ? row.locked_until : null;
  return { isAllowed: true, isFirst: row.count === 1, lockedUntil };
}

/** Whether what a row counted is over: its window passed without a lock, or its last lock is long ago. */
const isOver = (windowStart: Date, memoryStart: Date) =>
  sql`(CASE WHEN f.locked_until IS NULL THEN f.first_at < ${windowStart}::timestamptz ELSE f.locked_until < ${memoryStart}::timestamptz END)`;

/** Forgets the attempts of a name: it signed in, or an admin unlocked it. */
export async function clearAttempts(db: PrismaClient | Tx, ...keys: string[]): Promise<boolean> {
  return (await db.signInFailure.deleteMany({ where: { key: { in: keys } } })).count > 0;
}

/** Removes rows that mean nothing any more, so that made-up names do not fill the table. */
export async function pruneAttempts(db: PrismaClient | Tx, now: Date): Promise<void> {
  await db.signInFailure.deleteMany({ where: { lastAt: { lt: new Date(now.getTime() - 24 * 3_600_000) } } });
}
