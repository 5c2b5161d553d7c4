// Where a scan reads from: a plain pg connection (workers, benches), or Prisma for a small sample in web.
import type { Pool, PoolClient } from "pg";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { AHEAD, type ScanRow, type Source } from "./scan.ts";

/** One slice takes no longer, ms: the server ends it. */
const STATEMENT_TIMEOUT_MS = 20_000;

/** Connections of its own while `use` runs. Rows come without Prisma in between, which costs more than all the rest. */
export async function withPoolSource<T>(pool: Pool, use: (source: Source) => Promise<T>): Promise<T> {
  const clients: PoolClient[] = [];
  let turn = 0;
  let isSound = false;
  try {
    while (clients.length < AHEAD) clients.push(await pool.connect());
    for (const client of clients) await client.query(`SET statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    const result = await use(async ({ text, values }) => {
      turn = (turn + 1) % clients.length;
      const rows = await clients[turn]?.query<ScanRow>(text, values);
      return rows?.rows ?? [];
    });
    for (const client of clients) await client.query("RESET statement_timeout");
    isSound = true;
    return result;
  } finally {
    for (const client of clients) client.release(!isSound); // one that may still be at it is thrown away
  }
}

export const prismaSource =
  (db: PrismaClient): Source =>
  (query) =>
    db.$queryRaw<ScanRow[]>(query);

/** Open findings that one back-test is compared with at most. */
const OPEN_MAX = 200_000;

/** Live findings of a check, as `scan` takes them. */
export async function openSubjects(db: PrismaClient | Tx, checkId: string): Promise<Set<string>> {
  const rows = await db.$queryRaw<{ key: string }[]>(sql`
    SELECT node_id || '/' || subject AS key FROM finding
    WHERE check_id = ${checkId} AND state IN ('open', 'flapping', 'recovering') LIMIT ${OPEN_MAX}`);
  return new Set(rows.map(({ key }) => key));
}
