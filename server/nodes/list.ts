// The node list: search, filter, sort and page in the database, with counts for the filter menus.
import { likePattern } from "../core/scope.ts";
import { join, raw, type Sql, sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { columns, countFacets, type Group } from "./facets.ts";
import { nodeColumns, toNodeRow } from "./rows.ts";
import { ListNodes, type NodeList } from "./schema.ts";

/** Worst first. */
export const stateRank = sql`array_position(ARRAY['unhealthy','not_reporting','degraded','unknown','maintenance','healthy'], n.state)`;

const orderBy: Record<ListNodes["sort"], Sql> = {
  name: sql`n.name`,
  state: stateRank,
  pool: sql`n.pool`,
  zone: sql`n.zone`,
  findings: sql`n.critical_count * 1000 + n.warning_count`,
  containers: sql`n.container_count`,
  kernel: sql`n.kernel`,
  lastSeen: sql`n.last_seen_at`,
};

function searchCondition(search: string): Sql {
  const part = `%${likePattern(search)}%`;
  return sql`(n.name ILIKE ${part} OR n.hostname ILIKE ${part} OR n.kernel ILIKE ${part} OR n.runtimes ILIKE ${part}
    OR array_to_string(n.addresses, ' ') ILIKE ${part} OR n.labels::text ILIKE ${part} OR n.id::text LIKE ${`${likePattern(search.toLowerCase())}%`})`;
}

export const listNodes = query({
  name: "nodes.list",
  access: "nodes:read",
  on: "node",
  input: ListNodes,
  async run({ db, scope }, { search, state, pool, zone, sort, descending, page, pageSize }): Promise<NodeList> {
    const visible = sql`n.revoked_at IS NULL AND ${scope.sql("n")}`;
    const base = search ? sql`${visible} AND ${searchCondition(search)}` : visible;
    const chosen = { state, pool, zone };
    const conditions = columns.flatMap((column) =>
      chosen[column].length > 0 ? [sql`n.${raw(column)} = ANY(${chosen[column]}::text[])`] : [],
    );
    const where = join([base, ...conditions], " AND ");
    const direction = raw(descending ? "DESC" : "ASC");
    const [ids, groups] = await Promise.all([
      db.$queryRaw<{ id: string }[]>(
        sql`SELECT n.id FROM node n WHERE ${where} ORDER BY ${orderBy[sort]} ${direction} NULLS LAST, n.name, n.id LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`,
      ),
      // All menus and the total from one look at the nodes: there are few combinations, however many nodes.
      db.$queryRaw<Group[]>(
        sql`SELECT n.state, n.pool, n.zone, count(*)::int AS count FROM node n WHERE ${base} GROUP BY 1, 2, 3`,
      ),
    ]);
    const { total, ...facets } = countFacets(groups, chosen);
    const found = await db.node.findMany({ where: { id: { in: ids.map((r) => r.id) } }, select: nodeColumns });
    const byId = new Map(found.map((row) => [row.id, toNodeRow(row)]));
    return {
      rows: ids.flatMap(({ id }) => byId.get(id) ?? []),
      total,
      page,
      pageSize,
      facets,
    };
  },
});
