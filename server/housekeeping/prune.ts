// Retention: what is history and how long it is kept. Only what is over is ever deleted; repairs, commands and the audit trail are kept for good.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { raw, type Sql, sql } from "../core/sql.ts";
import { CASE_DAYS } from "../diagnosis/schema.ts";

const DAY_MS = 86_400_000;
/** Rows deleted in one statement: keeps locks and WAL short. */
const BATCH = 5_000;
/** Statements per table and run; what is left over is deleted by the next run. */
const BATCHES_MAX = 20;

type Rule = { table: string; before: Sql; days: number };

/** Days are editorial: the console's charts reach back seven days, time lines thirty, a closed finding is looked at again within a season. */
const rules: readonly Rule[] = [
  { table: "node_sample", before: sql`at`, days: 8 },
  { table: "kernel_event", before: sql`at`, days: 30 },
  { table: "node_state_change", before: sql`at`, days: 30 },
  // `closed_at` is null while a finding lives. One that a repair ran for is kept with it.
  {
    table: "finding",
    before: sql`NOT EXISTS (SELECT 1 FROM repair r WHERE r.finding_id = t.id) AND closed_at`,
    days: 90,
  },
  // What a living finding, or one that is kept, still names stays.
  { table: "mute", before: sql`coalesce(t.ended_at, t.expires_at)`, days: 90 },
  { table: "incident", before: sql`closed_at`, days: 365 },
  { table: "patrol_run", before: sql`ended_at`, days: 30 },
  { table: "session", before: sql`expires_at`, days: 1 },
  // A rollout, its nodes and its log are kept for good, as repairs are; what its judge looked at is not. Counters are for the next look: there is none.
  { table: "rollout_look", before: sql`at`, days: 90 },
  {
    table: "rollout_reading",
    before: sql`(SELECT r.ended_at FROM rollout r WHERE r.id = t.rollout_id)`,
    days: 1,
  },
  // Questions with what was pasted; the runs that came of them are kept as all runs are, and what was learnt stands in articles.
  { table: "diagnosis_case", before: sql`created_at`, days: CASE_DAYS },
  // Recordings go with their shells; that there was one stands in the audit trail for good.
  { table: "shell_session", before: sql`ended_at`, days: 90 },
  { table: "lease", before: sql`active_key IS NULL AND released_at`, days: 90 },
  { table: "lease_request", before: sql`ended_at`, days: 90 },
];

/** @returns rows deleted per table, tables without any left out */
export async function pruneHistoryRows(db: PrismaClient, now: Date): Promise<Record<string, number>> {
  const deleted: Record<string, number> = {};
  for (const { table, before, days } of rules) {
    const limit = new Date(now.getTime() - days * DAY_MS);
    for (let batch = 0; batch < BATCHES_MAX; batch += 1) {
      const count = await db.$executeRaw(sql`
        DELETE FROM ${raw(table)} WHERE ctid = ANY(ARRAY(SELECT t.ctid FROM ${raw(table)} t WHERE ${before} < ${limit}::timestamptz LIMIT ${BATCH}))`);
      if (count > 0) deleted[table] = (deleted[table] ?? 0) + count;
      if (count < BATCH) break;
    }
  }
  return deleted;
}
