// The node list: search, filter, sort and page in the database, with counts for the filter menus.
import type { Facet } from "../core/paging.ts";
import { likePattern } from "../core/scope.ts";
import { join, raw, type Sql, sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
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
    const filters = {
      state: state.length > 0 ? sql`n.state = ANY(${state})` : sql`true`,
      pool: pool.length > 0 ? sql`n.pool = ANY(${pool})` : sql`true`,
      zone: zone.length > 0 ? sql`n.zone = ANY(${zone})` : sql`true`,
    };
    const where = join([base, filters.state, filters.pool, filters.zone], " AND ");
    const direction = raw(descending ? "DESC" : "ASC");
    /** Counts per value of one column under all the other filters, so that a menu shows what choosing would give. */
    const facet = async (column: keyof typeof filters): Promise<Facet[]> => {
      const others = Object.entries(filters)
        .filter(([key]) => key !== column)
        .map(([, condition]) => condition);
      const rows = await db.$queryRaw<{ value: string; count: bigint }[]>(
        sql`SELECT n.${raw(column)} AS value, count(*) AS count FROM node n WHERE ${join([base, ...others], " AND ")} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100`,
      );
      return rows.map((r) => ({ value: r.value, count: Number(r.count) }));
    };
    const [ids, counted, states, pools, zones] = await Promise.all([
      db.$queryRaw<{ id: string }[]>(
        sql`SELECT n.id FROM node n WHERE ${where} ORDER BY ${orderBy[sort]} ${direction} NULLS LAST, n.name, n.id LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`,
      ),
      db.$queryRaw<{ count: bigint }[]>(sql`SELECT count(*) AS count FROM node n WHERE ${where}`),
      facet("state"),
      facet("pool"),
      facet("zone"),
    ]);
    const found = await db.node.findMany({ where: { id: { in: ids.map((r) => r.id) } }, select: nodeColumns });
    const byId = new Map(found.map((row) => [row.id, toNodeRow(row)]));
    return {
      rows: ids.flatMap(({ id }) => byId.get(id) ?? []),
      total: Number(counted[0]?.count ?? 0),
      page,
      pageSize,
      facets: { state: states, pool: pools, zone: zones },
    };
  },
});
