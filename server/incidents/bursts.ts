// Nodes that turned bad at about the same time without a check that names the cause, and what they share. One query while nothing happens.
import type { Tx } from "../core/context.ts";
import { type Sql, sql } from "../core/sql.ts";
import { COUNTS as RUN_COUNTS } from "../repairs/touched.ts";
import { type Attributes, BURST_MS, BURST_NODES_MIN, type Census, type SharedCause, sharedCause } from "./infer.ts";

export type Burst = { checkId: string; nodeIds: string[]; cause: SharedCause };

/** Most telling first: what changed on the node, what it runs, where it stands. */
const ORDER = ["repair", "agent", "kernel", "runtimes", "os", "rack", "zone", "pool"] as const;
/** A repair is a suspect for what is seen first after it ended, for this long, ms: not what it was tried against. */
const CHANGE_MS = 60 * 60_000;
/** A burst grows for as long as its incident is open: this many nodes of each are weighed. */
const NODES_MAX = 2_000;

const columns: Record<string, Sql> = {
  agent: sql`n.agent_version`,
  kernel: sql`n.kernel`,
  runtimes: sql`n.runtimes`,
  os: sql`n.os`,
  rack: sql`n.rack`,
  zone: sql`n.zone`,
  pool: sql`n.pool`,
};

/** Node `n` of finding `f` has that value; null for an attribute that is not known (any more). */
export function sharesSql(attribute: string, value: string, at: Date): Sql | null {
  if (attribute === "repair")
    return sql`EXISTS (SELECT 1 FROM repair r WHERE r.node_id = n.id AND r.repair_id = ${value}
      AND r.ended_at >= ${new Date(at.getTime() - CHANGE_MS)} AND r.ended_at <= f.first_seen_at AND ${RUN_COUNTS})`;
  const column = Object.hasOwn(columns, attribute) ? columns[attribute] : undefined;
  return column ? sql`${column} = ${value}` : null;
}

type Row = { checkId: string; nodeId: string } & Record<(typeof ORDER)[number], string | null>;

/** Bursts that have a shared cause, with the nodes that share it. */
export async function readBursts(tx: Tx, now: Date): Promise<Burst[]> {
  const since = new Date(now.getTime() - BURST_MS);
  const changedSince = new Date(since.getTime() - CHANGE_MS);
  const rows = await tx.$queryRaw<Row[]>(sql`
    WITH fresh AS (
      SELECT f.check_id, f.node_id, min(f.first_seen_at) AS first_seen_at FROM finding f JOIN node n ON n.id = f.node_id
      WHERE f.opened_at >= ${since} AND f.incident_id IS NULL AND f.cause_key IS NULL
        AND f.state IN ('open', 'flapping', 'recovering') AND f.mute_id IS NULL AND NOT f.is_shadow AND n.revoked_at IS NULL
      GROUP BY 1, 2
    ), burst AS (SELECT check_id, node_id, first_seen_at, row_number() OVER (PARTITION BY check_id ORDER BY node_id) AS place,
      count(*) OVER (PARTITION BY check_id) AS nodes FROM fresh)
    SELECT fresh.check_id AS "checkId", n.id AS "nodeId", n.kernel, n.runtimes, n.agent_version AS agent, n.os, n.zone, n.rack, n.pool,
      (SELECT r.repair_id FROM repair r WHERE r.node_id = n.id AND r.ended_at >= ${changedSince} AND r.ended_at <= fresh.first_seen_at
        AND ${RUN_COUNTS} ORDER BY r.ended_at DESC LIMIT 1) AS repair
    FROM burst fresh JOIN node n ON n.id = fresh.node_id WHERE fresh.nodes >= ${BURST_NODES_MIN} AND fresh.place <= ${NODES_MAX}
    ORDER BY 1, 2`);
  if (rows.length === 0) return [];
  const census = await readCensus(tx, changedSince);
  return [...Map.groupBy(rows, ({ checkId }) => checkId)].flatMap(([checkId, nodes]) => {
    const cause = sharedCause(nodes.map(toAttributes), census, ORDER);
    if (!cause) return [];
    const sharing = nodes.filter((node) => toAttributes(node)[cause.attribute] === cause.value);
    return [{ checkId, cause, nodeIds: sharing.map(({ nodeId }) => nodeId) }];
  });
}

const toAttributes = (row: Row): Attributes =>
  Object.fromEntries(
    ORDER.flatMap((name): [string, string][] => {
      const value = row[name];
      return value ? [[name, value]] : [];
    }),
  );

/** How many nodes of the fleet have each value. */
async function readCensus(tx: Tx, changedSince: Date): Promise<Census> {
  const rows = await tx.$queryRaw<{ attribute: string | null; value: string; count: number }[]>(sql`
    WITH fleet AS (SELECT kernel, runtimes, agent_version, os, zone, rack, pool FROM node WHERE revoked_at IS NULL)
    SELECT a.attribute, a.value, count(*)::int AS count FROM fleet CROSS JOIN LATERAL (VALUES
      ('kernel', kernel), ('runtimes', runtimes), ('agent', agent_version), ('os', os), ('zone', zone), ('rack', rack), ('pool', pool),
      ('', '')) AS a(attribute, value) GROUP BY 1, 2
    UNION ALL
    SELECT 'repair', r.repair_id, count(DISTINCT r.node_id)::int FROM repair r JOIN node n ON n.id = r.node_id
    WHERE r.ended_at >= ${changedSince} AND ${RUN_COUNTS} AND n.revoked_at IS NULL GROUP BY 2`);
  const counts = new Map(rows.map(({ attribute, value, count }) => [`${attribute}:${value}`, count]));
  return { total: counts.get(":") ?? 0, count: (attribute, value) => counts.get(`${attribute}:${value}`) ?? 0 };
}
