// Ends sessions: rows are deleted and, when that is committed, every open page of them is told and goes to the sign-in page.
import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";

/** PostgreSQL channel of ended sessions; payload: session ids, comma-separated, or "*" when there are too many to name. */
export const SESSIONS_CHANNEL = "nodeops_sessions";
/** NOTIFY payloads end at 8000 bytes. */
const IDS_MAX = 150;

/** Deletes the sessions that fit; call it in the transaction of the reason. @returns how many */
export async function endSessions(db: PrismaClient | Tx, where: Prisma.SessionWhereInput): Promise<number> {
  const rows = await db.session.findMany({ where, select: { id: true } });
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return 0;
  await db.session.deleteMany({ where: { id: { in: ids } } });
  await announceEnd(db, ids);
  return ids.length;
}

/** Tells the pages of sessions that they are over (each asks the database whether that is so). */
export async function announceEnd(db: PrismaClient | Tx, ids: readonly string[]): Promise<void> {
  const payload = ids.length > IDS_MAX ? "*" : ids.join(",");
  await db.$executeRaw(sql`SELECT pg_notify(${SESSIONS_CHANNEL}, ${payload})`);
}
