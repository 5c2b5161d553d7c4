// Which mode holds for a check on a node: what a rollout brings to this very node, else its pool's own word, else the fleet's, else the default.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { DEFAULT_MODE, EVERY_POOL, Mode } from "./schema.ts";

/** Without a node, or with one that was not asked for: the pool's. */
export type ModeOf = (checkId: string, pool: string, nodeId?: string) => Mode;

const key = (checkId: string, place: string) => JSON.stringify([checkId, place]);

/** What is stored and cannot be read lets the product do least. */
export const toMode = (value: string): Mode => Mode.safeParse(value).data ?? "observe";

const readNodeModes = (db: PrismaClient | Tx, nodeIds: readonly string[]) =>
  db.$queryRaw<{ nodeId: string; checkId: string; mode: string }[]>(sql`
    SELECT node_id AS "nodeId", check_id AS "checkId", value AS mode FROM node_check
    WHERE what = 'mode' AND node_id = ANY(${[...nodeIds]}::uuid[])`);

/** All modes of pools at once, there are few rows; and those of these nodes. */
export async function readModes(db: PrismaClient | Tx, nodeIds: readonly string[] = []): Promise<ModeOf> {
  const rows = await db.checkMode.findMany({ select: { checkId: true, pool: true, mode: true } });
  const byKey = new Map(rows.map(({ checkId, pool, mode }) => [key(checkId, pool), toMode(mode)]));
  const own = nodeIds.length === 0 ? [] : await readNodeModes(db, nodeIds);
  const byNode = new Map(own.map(({ checkId, nodeId, mode }) => [key(checkId, nodeId), toMode(mode)]));
  return (checkId, pool, nodeId = "") =>
    byNode.get(key(checkId, nodeId)) ??
    byKey.get(key(checkId, pool)) ??
    byKey.get(key(checkId, EVERY_POOL)) ??
    DEFAULT_MODE;
}

/** The mode of one check on one node. */
export async function modeOf(
  db: PrismaClient | Tx,
  checkId: string,
  { id, pool }: { id: string; pool: string },
): Promise<Mode> {
  const own = (await readNodeModes(db, [id])).find((one) => one.checkId === checkId);
  if (own) return toMode(own.mode);
  const rows = await db.checkMode.findMany({
    where: { checkId, pool: { in: [pool, EVERY_POOL] } },
    select: { pool: true, mode: true },
  });
  const row = rows.find((one) => one.pool === pool) ?? rows[0];
  return row ? toMode(row.mode) : DEFAULT_MODE;
}

/** Checks of which something may start or be prepared without a person, somewhere. */
export async function checksThatAct(db: PrismaClient): Promise<string[]> {
  const rows = await db.$queryRaw<{ checkId: string }[]>(sql`
    SELECT check_id AS "checkId" FROM check_mode WHERE mode IN ('approve', 'auto')
    UNION SELECT check_id FROM node_check WHERE what = 'mode' AND value IN ('approve', 'auto')`);
  return rows.map(({ checkId }) => checkId);
}

/** Somebody said it for all: no node of the pool is an exception any more. */
export const endNodeModes = (tx: Tx, checkId: string, pool: string): Promise<number> =>
  tx.$executeRaw(sql`
    DELETE FROM node_check c USING node n WHERE n.id = c.node_id AND c.check_id = ${checkId} AND c.what = 'mode'
      AND ${pool} IN (n.pool, ${EVERY_POOL})`);
