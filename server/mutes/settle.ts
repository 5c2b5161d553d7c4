// Brings living findings in line with the mutes that hold now, chunk by chunk, and lets their nodes count again. Doing it twice does no harm.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { parseSelector } from "../../selectors/parse.ts";
import { publishChanges } from "../core/changes.ts";
import { toSql } from "../core/scope.ts";
import { empty, join, type Sql, sql } from "../core/sql.ts";
import { lockFindings } from "../inspections/lock.ts";
import { refreshNodeStates } from "../nodes/set-state.ts";
import { EVERY_CHECK } from "./schema.ts";

/** Nodes of one transaction. */
const CHUNK = 200;
/** Nodes of one call at most; the next one is seconds away. */
const NODES_MAX = 5_000;

/** The finding `f` of node `n` falls under this mute. */
const covers = ({ checkId, subject, selector }: { checkId: string; subject: string; selector: string }): Sql | null => {
  const parsed = parseSelector(selector);
  if (!parsed.ok) return null;
  return sql`(${checkId === EVERY_CHECK ? sql`true` : sql`f.check_id = ${checkId}`}
    AND ${subject === "" ? sql`true` : sql`f.subject = ${subject}`} AND ${toSql(parsed.selector, "n")})`;
};

/**
 * The mute that a finding should have, as an expression over `f` and `n`: the one it has while that still covers it, else the longest that does. The
 * same rule as `muteFor`.
 */
function wantedSql(mutes: readonly { id: string; checkId: string; subject: string; selector: string }[]): Sql {
  const cases = mutes.flatMap(({ id, ...mute }) => {
    const condition = covers(mute);
    return condition ? [{ id, condition }] : [];
  });
  if (cases.length === 0) return sql`NULL::uuid`;
  const stays = cases.map(({ id, condition }) => sql`WHEN f.mute_id = ${id}::uuid AND ${condition} THEN ${id}::uuid`);
  const becomes = cases.map(({ id, condition }) => sql`WHEN ${condition} THEN ${id}::uuid`);
  return sql`CASE ${join([...stays, ...becomes], " ")} ELSE NULL END`;
}

/** @returns how many findings were muted, and how many count again */
export async function settleMutes(db: PrismaClient, now: Date): Promise<{ muted: number; unmuted: number }> {
  const mutes = await db.mute.findMany({
    where: { endedAt: null, expiresAt: { gt: now } },
    orderBy: [{ expiresAt: "desc" }, { id: "asc" }],
    select: { id: true, checkId: true, subject: true, selector: true },
  });
  const done = { muted: 0, unmuted: 0 };
  const wanted = wantedSql(mutes);
  // Without a mute only what is muted can be wrong; an index on live findings bounds the rest.
  const narrowed = mutes.length === 0 ? sql`AND f.mute_id IS NOT NULL` : empty;
  const wrong = sql`f.state <> 'closed' ${narrowed} AND f.mute_id IS DISTINCT FROM (${wanted})`;
  const rows = await db.$queryRaw<{ id: string }[]>(sql`
    SELECT DISTINCT n.id FROM finding f JOIN node n ON n.id = f.node_id
    WHERE n.revoked_at IS NULL AND ${wrong} ORDER BY n.id LIMIT ${NODES_MAX}`);
  const nodeIds = rows.map(({ id }) => id);
  for (let at = 0; at < nodeIds.length; at += CHUNK) {
    const chunk = nodeIds.slice(at, at + CHUNK);
    const changed = await db.$transaction(
      async (tx) => {
        await lockFindings(tx, chunk);
        const updated = await tx.$queryRaw<{ id: string; isMuted: boolean; isPending: boolean }[]>(sql`
          UPDATE finding t SET mute_id = w.wanted
          FROM (SELECT f.id, (${wanted}) AS wanted FROM finding f JOIN node n ON n.id = f.node_id
            WHERE f.node_id = ANY(${chunk}::uuid[]) AND ${wrong} ORDER BY f.id) w
          WHERE t.id = w.id RETURNING t.id, t.mute_id IS NOT NULL AS "isMuted", t.state = 'pending' AS "isPending"`);
        const shown = updated.filter(({ isPending }) => !isPending).map(({ id }) => id);
        if (shown.length > 0) await publishChanges(tx, [{ domain: "findings", ids: shown }]);
        await refreshNodeStates(tx, chunk, now);
        return updated;
      },
      { timeout: 20_000, maxWait: 10_000 },
    );
    for (const { isMuted } of changed) done[isMuted ? "muted" : "unmuted"] += 1;
  }
  return done;
}
