// Rollouts that wait for each other: each holds nodes that another one's present wave wants. Found by walking from what one holds to who wants it, and on.
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { ownerOf } from "./rows.ts";

/** Owners ("rollout:<id>") of the rollouts that wait, directly or through others, for a node that `id` holds. */
export async function whoWaitsFor(tx: Tx, id: string): Promise<Set<string>> {
  const wantedOf = sql`
    JOIN rollout_target t ON t.node_id = l.node_id AND t.state = 'pending'
    JOIN rollout o ON o.id = t.rollout_id AND o.wave = t.wave AND o.id <> ${id}::uuid`;
  const rows = await tx.$queryRaw<{ id: string }[]>(sql`
    WITH RECURSIVE waits AS (
      SELECT o.id FROM lease l ${wantedOf} WHERE l.owner = ${ownerOf(id)} AND l.active_key IS NOT NULL
      UNION
      SELECT o.id FROM waits w JOIN lease l ON l.owner = 'rollout:' || w.id::text AND l.active_key IS NOT NULL ${wantedOf}
    ) SELECT id FROM waits`);
  return new Set(rows.map((row) => ownerOf(row.id)));
}

/**
 * Whether `holder` has a node while it waits for one of `id`'s: the younger gives way, or all of them would wait for ever. Ids tell the age (UUIDv7); round
 * every ring there is at least one that waits for an older one.
 */
export const mustGiveWay = (id: string, holder: string, waiters: ReadonlySet<string>): boolean =>
  holder < ownerOf(id) && waiters.has(holder);
