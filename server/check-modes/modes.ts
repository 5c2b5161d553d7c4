// Which mode holds for a check in a pool: the pool's own word, else the fleet's, else the default.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { DEFAULT_MODE, EVERY_POOL, Mode } from "./schema.ts";

export type ModeOf = (checkId: string, pool: string) => Mode;

const key = (checkId: string, pool: string) => JSON.stringify([checkId, pool]);

/** What is stored and cannot be read lets the product do least. */
export const toMode = (value: string): Mode => Mode.safeParse(value).data ?? "observe";

/** All modes at once; there are few rows. */
export async function readModes(db: PrismaClient | Tx): Promise<ModeOf> {
  const rows = await db.checkMode.findMany({ select: { checkId: true, pool: true, mode: true } });
  const byKey = new Map(rows.map(({ checkId, pool, mode }) => [key(checkId, pool), toMode(mode)]));
  return (checkId, pool) => byKey.get(key(checkId, pool)) ?? byKey.get(key(checkId, EVERY_POOL)) ?? DEFAULT_MODE;
}

/** The mode of one check in one pool. */
export async function modeOf(db: PrismaClient | Tx, checkId: string, pool: string): Promise<Mode> {
  const rows = await db.checkMode.findMany({
    where: { checkId, pool: { in: [pool, EVERY_POOL] } },
    select: { pool: true, mode: true },
  });
  const row = rows.find((one) => one.pool === pool) ?? rows[0];
  return row ? toMode(row.mode) : DEFAULT_MODE;
}
