// Mutes, those that hold first, with what each covers of what the caller may see.
import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import { actorNames } from "../core/actor-names.ts";
import type { Actor } from "../core/context.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { checkTitles } from "../inspections/titles.ts";
import { liesWithin, mayMute } from "./access.ts";
import { EVERY_CHECK, ListMutes, type MuteList, type MuteRow } from "./schema.ts";

const columns = {
  id: true,
  checkId: true,
  selector: true,
  subject: true,
  reason: true,
  createdByName: true,
  createdAt: true,
  expiresAt: true,
  endedBy: true,
  endedAt: true,
} as const satisfies Prisma.MuteSelect;
type Raw = Prisma.MuteGetPayload<{ select: typeof columns }>;

export const listMutes = query({
  name: "mutes.list",
  access: "checks:read",
  on: "node",
  input: ListMutes,
  async run({ db, actor, now, scope }, { state, checkId, page, pageSize }): Promise<MuteList> {
    const at = now();
    const active = { endedAt: null, expiresAt: { gt: at } };
    const found = await db.mute.findMany({
      where: {
        ...(state === "active" ? active : state === "over" ? { NOT: active } : {}),
        ...(checkId === undefined ? {} : { checkId: { in: [checkId, EVERY_CHECK] } }),
      },
      orderBy: [{ endedAt: { sort: "desc", nulls: "first" } }, { expiresAt: "desc" }, { id: "desc" }],
      select: columns,
    });
    const rows = await toMuteRows(db, scope, actor, at, found);
    return { rows: rows.slice((page - 1) * pageSize, page * pageSize), total: rows.length, page, pageSize };
  },
});

/** For the page of one check: what may cover its findings now. */
export async function mutesOfCheck(
  db: PrismaClient,
  { scope, actor, now, checkId }: { scope: Scope; actor: Actor; now: Date; checkId: string },
): Promise<MuteRow[]> {
  const found = await db.mute.findMany({
    where: { checkId: { in: [checkId, EVERY_CHECK] }, endedAt: null, expiresAt: { gt: now } },
    orderBy: [{ expiresAt: "desc" }, { id: "desc" }],
    select: columns,
  });
  return toMuteRows(db, scope, actor, now, found);
}

/** Who sees a part of the fleet sees mutes that lie in it, and those that cover something there. */
async function toMuteRows(
  db: PrismaClient,
  scope: Scope,
  actor: Actor,
  now: Date,
  found: readonly Raw[],
): Promise<MuteRow[]> {
  const counts = await db.$queryRaw<{ id: string; findingCount: number; nodeCount: number }[]>(sql`
    SELECT f.mute_id AS id, count(*)::int AS "findingCount", count(DISTINCT f.node_id)::int AS "nodeCount"
    FROM finding f JOIN node n ON n.id = f.node_id
    WHERE f.mute_id = ANY(${found.map(({ id }) => id)}::uuid[]) AND f.state IN ('open', 'flapping', 'recovering')
      AND n.revoked_at IS NULL AND ${scope.sql("n")} GROUP BY 1`);
  const countOf = new Map(counts.map((row) => [row.id, row]));
  const visible = found.filter(
    ({ id, selector }) =>
      scope.isWhole || countOf.has(id) || actor.grants.some((grant) => liesWithin(selector, grant.selector)),
  );
  const [titleOf, nameOf] = await Promise.all([
    checkTitles(db),
    actorNames(
      db,
      visible.map(({ endedBy }) => endedBy),
    ),
  ]);
  return visible.map(({ endedBy, ...raw }) => ({
    ...raw,
    title: raw.checkId === EVERY_CHECK ? null : titleOf(raw.checkId),
    state: raw.endedAt ? "ended" : raw.expiresAt > now ? "active" : "expired",
    endedByName: endedBy && nameOf(endedBy),
    findingCount: countOf.get(raw.id)?.findingCount ?? 0,
    nodeCount: countOf.get(raw.id)?.nodeCount ?? 0,
    canEnd: raw.endedAt === null && raw.expiresAt > now && mayMute(actor, raw.selector),
  }));
}
