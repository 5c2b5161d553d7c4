// Which rollouts are due: every one that somebody has to look at now, so that no lost job, restart or silent node leaves one standing.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { sql } from "../core/sql.ts";

/** At most so many a sweep, longest due first; the next sweep is seconds away. */
const SWEEP_MAX = 200;

export async function dueRollouts(db: PrismaClient, now: Date): Promise<string[]> {
  const rows = await db.rollout.findMany({
    where: { dueAt: { lte: now } },
    orderBy: { dueAt: "asc" },
    take: SWEEP_MAX,
    select: { id: true },
  });
  return rows.map(({ id }) => id);
}

/** Rollouts of these runs, of those that are over: their nodes have moved. */
export async function rolloutsOfEnded(db: PrismaClient, repairIds: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>(sql`
    SELECT DISTINCT rollout_id AS id FROM repair WHERE id = ANY(${[...repairIds]}::uuid[]) AND rollout_id IS NOT NULL AND ended_at IS NOT NULL`);
  return rows.map(({ id }) => id);
}
