// Who is not changed by a rollout although somebody might think so: nodes that were left out, and nodes that came after the plan.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { FINAL } from "../../rollout/types.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { requireVisible } from "./access.ts";
import { selectConcerned } from "./centre.ts";
import { ChangeInput, type LateJoiners, type RolloutDetail, RolloutRef, Where } from "./schema.ts";

/** Names that stand beside a number. */
const SAMPLE = 5;

/** Skipped targets within the scope, grouped by their reason. */
export async function readLeftOut(db: PrismaClient, id: string, scope: Scope): Promise<RolloutDetail["leftOut"]> {
  const rows = await db.$queryRaw<{ reason: Text; count: number; ids: string[]; names: string[] }[]>(sql`
    SELECT t.reason, count(*)::int AS count, (array_agg(n.id::text ORDER BY n.name))[1:${SAMPLE}::int] AS ids,
      (array_agg(n.name ORDER BY n.name))[1:${SAMPLE}::int] AS names
    FROM rollout_target t JOIN node n ON n.id = t.node_id
    WHERE t.rollout_id = ${id}::uuid AND t.state = 'skipped' AND t.reason IS NOT NULL AND ${scope.sql("n")}
    GROUP BY t.reason ORDER BY 2 DESC`);
  return rows.map(({ reason, count, ids, names }) => ({
    reason: { en: reason.en, zh: reason.zh },
    count,
    sample: ids.map((nodeId, i) => ({ id: nodeId, name: names[i] ?? nodeId })),
  }));
}

/** A selector that takes everybody may give more by now; a share or a number of nodes, a list and a finding are meant as they were. */
const isOpen = ({ selector, checkId, percentage, limit }: Where): boolean =>
  selector.trim() !== "" && checkId === null && percentage === 100 && limit === null;

export const lateJoiners = query({
  name: "rollouts.lateJoiners",
  access: "rollouts:read",
  on: "node",
  input: RolloutRef,
  async run({ db, scope }, { id }): Promise<LateJoiners> {
    await requireVisible(db, scope, id);
    const row = await db.rollout.findUniqueOrThrow({
      where: { id },
      select: { where: true, seed: true, phase: true, change: true },
    });
    const where = Where.parse(row.where);
    if (!isOpen(where) || FINAL.some((phase) => phase === row.phase)) return null;
    const change = ChangeInput.parse(row.change);
    const ids = (await selectConcerned(db, change, where, { scope, seed: row.seed })).map((node) => node.id);
    const late = await db.$queryRaw<{ id: string; name: string }[]>(sql`
      SELECT n.id::text, n.name FROM unnest(${ids}::uuid[]) AS s(id) JOIN node n ON n.id = s.id
      WHERE NOT EXISTS (SELECT FROM rollout_target t WHERE t.rollout_id = ${id}::uuid AND t.node_id = n.id) ORDER BY n.name`);
    return { count: late.length, sample: late.slice(0, SAMPLE) };
  },
});
