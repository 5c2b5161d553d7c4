// Which nodes lost their right to a session a short while ago: what gateways ask instead of naming all their sessions each time.
import type pg from "pg";

/** Nodes that were removed or quarantined since then, connected or not. */
export async function findEndedSince(pool: pg.Pool, since: Date): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    "SELECT id FROM node WHERE revoked_at > $1 OR quarantined_at > $1",
    [since],
  );
  return rows.map(({ id }) => id);
}
