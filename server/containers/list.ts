// Finds a container anywhere in the fleet by id prefix, or part of name, pod or image.
import { likePattern } from "../core/scope.ts";
import { join, type Sql, sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { type ContainerList, type ContainerRow, ListContainers } from "./schema.ts";

type Raw = Omit<ContainerRow, "memoryLimitBytes" | "memoryUsedBytes"> & {
  memoryLimitBytes: bigint | null;
  memoryUsedBytes: bigint | null;
};

const number = (value: bigint | null): number | null => (value === null ? null : Number(value));

export const listContainers = query({
  name: "containers.list",
  access: "containers:read",
  on: "node",
  input: ListContainers,
  async run({ db, scope }, { search, state, node, page, pageSize }): Promise<ContainerList> {
    const conditions: Sql[] = [sql`n.revoked_at IS NULL`, scope.sql("n")];
    const part = `%${likePattern(search)}%`;
    // The id prefix uses container's text_pattern_ops index.
    if (search) {
      conditions.push(
        sql`(c.id LIKE ${`${likePattern(search.toLowerCase())}%`} OR c.name ILIKE ${part} OR c.pod_name ILIKE ${part} OR c.image ILIKE ${part})`,
      );
    }
    if (node) conditions.push(sql`(n.id::text = ${node} OR n.name = ${node})`);
    const base = join(conditions, " AND ");
    const where = state.length > 0 ? sql`${base} AND c.state = ANY(${state})` : base;
    const rows = await db.$queryRaw<Raw[]>(sql`
      SELECT c.id, c.node_id AS "nodeId", n.name AS "nodeName", c.runtime, c.name, c.pod_name AS "podName", c.pod_namespace AS "podNamespace",
             c.image, c.handler, c.state, c.exit_code AS "exitCode", c.reason, c.attempt, c.pid, c.created_at AS "createdAt",
             c.started_at AS "startedAt", c.finished_at AS "finishedAt", c.cpu_limit_millis AS "cpuLimitMillis",
             c.memory_limit_bytes AS "memoryLimitBytes", c.cpu_used_millis AS "cpuUsedMillis", c.memory_used_bytes AS "memoryUsedBytes"
      FROM container c JOIN node n ON n.id = c.node_id
      WHERE ${where}
      ORDER BY (c.state = 'running') DESC, n.name, c.pod_name, c.name, c.id
      LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`);
    const facets = await db.$queryRaw<{ value: string; count: bigint }[]>(sql`
      SELECT c.state AS value, count(*) AS count FROM container c JOIN node n ON n.id = c.node_id WHERE ${base} GROUP BY 1 ORDER BY 2 DESC`);
    const states = facets.map((f) => ({ value: f.value, count: Number(f.count) }));
    const total = states
      .filter((f) => state.length === 0 || state.some((s) => s === f.value))
      .reduce((sum, f) => sum + f.count, 0);
    return {
      rows: rows.map((row) => ({
        ...row,
        memoryLimitBytes: number(row.memoryLimitBytes),
        memoryUsedBytes: number(row.memoryUsedBytes),
      })),
      total,
      page,
      pageSize,
      facets: { state: states },
    };
  },
});
