// What time does to leases: cordons that are over end, those who wait get their turn, and a lease whose owner's work is over goes back.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { publishChanges } from "../core/changes.ts";
import { sql } from "../core/sql.ts";
import { handOver } from "./hand-over.ts";
import { lockPools } from "./pools.ts";
import { grantWaiting } from "./queue.ts";

/** @returns how many leases ended and how many that waited were granted */
export async function sweepLeases(db: PrismaClient, now: Date): Promise<{ ended: number; granted: number }> {
  const ended = [...(await endExpired(db, now)), ...(await endLeft(db, now))];
  if (ended.length > 0) await publishChanges(db, [{ domain: "leases", ids: ended }]);
  return { ended: ended.length, granted: await grantWaiting(db, now) };
}

/** Leases whose time is over, pool by pool under its lock: whoever takes a node for work under its cordon has begun by then, or finds it free. */
async function endExpired(db: PrismaClient, now: Date): Promise<string[]> {
  const isOver = sql`lease.active_key IS NOT NULL AND lease.expires_at <= ${now}::timestamptz`;
  const pools = await db.$queryRaw<{ pool: string }[]>(
    sql`SELECT DISTINCT n.pool FROM lease JOIN node n ON n.id = lease.node_id WHERE ${isOver}`,
  );
  const ended: string[] = [];
  for (const { pool } of pools)
    ended.push(
      ...(await db.$transaction(async (tx) => {
        await lockPools(tx, [pool]);
        const here = sql`${isOver} AND lease.node_id IN (SELECT id FROM node WHERE pool = ${pool})`;
        await handOver(tx, here);
        const rows = await tx.$queryRaw<{ nodeId: string }[]>(sql`
          UPDATE lease SET released_at = ${now}::timestamptz, active_key = NULL WHERE ${here} RETURNING node_id AS "nodeId"`);
        return rows.map(({ nodeId }) => nodeId);
      })),
    );
  return ended;
}

/** Leases that a rollout left behind when it ended: its last runs were under way then. Looked up lease by lease; rollouts that are over are many. */
async function endLeft(db: PrismaClient, now: Date): Promise<string[]> {
  const rows = await db.$queryRaw<{ nodeId: string }[]>(sql`
    UPDATE lease l SET released_at = ${now}::timestamptz, active_key = NULL
    FROM (SELECT id, CASE WHEN owner ~ '^rollout:[0-9a-f-]{36}$' THEN substr(owner, 9)::uuid END AS rollout_id
      FROM lease WHERE active_key IS NOT NULL AND owner LIKE 'rollout:%' OFFSET 0) held
    JOIN rollout r ON r.id = held.rollout_id
    WHERE l.id = held.id AND l.active_key IS NOT NULL AND r.phase IN ('succeeded', 'rolled-back', 'aborted')
      AND NOT EXISTS (SELECT FROM repair p WHERE p.active_key = l.node_id::text AND p.rollout_id = held.rollout_id)
    RETURNING l.node_id AS "nodeId"`);
  return rows.map(({ nodeId }) => nodeId);
}
