// Which rollouts are due: every one that somebody has to look at now, so that no lost job, restart or silent node leaves one standing.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { sql } from "../core/sql.ts";

/** At most so many a sweep, longest due first; the next sweep is seconds away. */
const SWEEP_MAX = 200;
/** Clocks of our processes differ by less than this, ms; what was heard later than that after now was heard before the clock was put back. */
export const CLOCK_SLACK_MS = 10_000;

export async function dueRollouts(db: PrismaClient, now: Date): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>(sql`
    SELECT id FROM rollout WHERE due_at <= ${now}::timestamptz
      OR (phase IN ('running', 'rolling-back') AND (state ->> 'heardAt')::bigint > ${now.getTime() + CLOCK_SLACK_MS}::bigint)
    ORDER BY due_at LIMIT ${SWEEP_MAX}`);
  return rows.map(({ id }) => id);
}

/** Rollouts of these runs, of those that are over: their nodes have moved. */
export async function rolloutsOfEnded(db: PrismaClient, repairIds: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>(sql`
    SELECT DISTINCT rollout_id AS id FROM repair WHERE id = ANY(${[...repairIds]}::uuid[]) AND rollout_id IS NOT NULL AND ended_at IS NOT NULL`);
  return rows.map(({ id }) => id);
}
