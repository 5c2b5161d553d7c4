// Gray selection: from what somebody asks for to the nodes as the planner sees them, in one query. An empty "where" is no node at all.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Candidate } from "../../rollout/types.ts";
import { parseSelector } from "../../selectors/parse.ts";
import { nothing } from "../../selectors/selector.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { isUuid, likePattern, type Scope, toSql } from "../core/scope.ts";
import { type Sql, sql } from "../core/sql.ts";
import type { Where } from "./schema.ts";

type Db = PrismaClient | Tx;

/** Most nodes that one rollout may have. */
export const NODES_MAX = 200_000;

/** A candidate with what pages tell of it. */
export type Selected = Candidate & {
  name: string;
  kernel: string;
  runtimes: string;
  findingId: string | null;
};

const PROTECTED_LABEL = "nodeops.io/protected";
const CONTROL_PLANE_LABEL = "node-role.kubernetes.io/control-plane";

const prefixes = (words: readonly string[]): string[] => words.map((word) => `${likePattern(word)}%`);

/** A selector that nobody can read is refused, never taken for "nothing" or "all". */
function selectorSql(text: string): Sql {
  if (text.trim() === "") return toSql(nothing, "n");
  const parsed = parseSelector(text);
  if (parsed.ok) return toSql(parsed.selector, "n");
  throw new AppError("invalid", `selector: ${parsed.error.en}`, {
    publicMessage: parsed.error.en,
    details: { field: "where.selector", refusal: parsed.error },
  });
}

function filters(where: Where): Sql {
  const parts: Sql[] = [];
  if (where.kernels.length > 0) parts.push(sql`n.kernel LIKE ANY(${prefixes(where.kernels)}::text[])`);
  if (where.runtimes.length > 0)
    parts.push(
      sql`EXISTS (SELECT FROM unnest(string_to_array(n.runtimes, ', ')) r WHERE r LIKE ANY(${prefixes(where.runtimes)}::text[]))`,
    );
  if (where.archs.length > 0) parts.push(sql`n.arch = ANY(${where.archs}::text[])`);
  if (where.products.length > 0)
    parts.push(sql`EXISTS (SELECT FROM node_fact h WHERE h.node_id = n.id AND h.kind = 'identity'
      AND h.data ->> 'product' LIKE ANY(${prefixes(where.products)}::text[]))`);
  if (where.applications.length > 0)
    parts.push(sql`EXISTS (SELECT FROM container c WHERE c.node_id = n.id
      AND (c.image LIKE ANY(${prefixes(where.applications)}::text[]) OR c.pod_name LIKE ANY(${prefixes(where.applications)}::text[])))`);
  const ids = where.exclude.filter(isUuid);
  if (where.exclude.length > 0)
    parts.push(sql`NOT (n.id = ANY(${ids}::uuid[]) OR n.name = ANY(${where.exclude}::text[]))`);
  return parts.reduce((all, part) => sql`${all} AND ${part}`, sql`true`);
}

/** What the "where" starts from: nothing asked for is nothing selected. */
function base(where: Where): Sql {
  const named = sql`(n.id = ANY(${where.nodes.filter(isUuid)}::uuid[]) OR n.name = ANY(${where.nodes}::text[]))`;
  const asked = sql`(${selectorSql(where.selector)} OR ${named})`;
  if (where.checkId === null) return asked;
  // With a check alone it is every node that has the finding; with a selector or nodes beside it, those of them.
  const onlyCheck = where.selector.trim() === "" && where.nodes.length === 0;
  return onlyCheck ? sql`f.id IS NOT NULL` : sql`${asked} AND f.id IS NOT NULL`;
}

type Row = Omit<Selected, "health"> & { state: string; criticalCount: number };

/**
 * Nodes within the scope, in a sticky random order of `seed` when only a share or a number of them is wanted: the same words give the same nodes, and a
 * larger share holds the smaller one.
 *
 * @param repairCheck check whose finding each node must bring along, for repairs of a finding
 * @throws AppError("invalid") for a selector that cannot be read, or more than NODES_MAX nodes
 */
export async function selectNodes(db: Db, where: Where, scope: Scope, seed: string): Promise<Selected[]> {
  const all = await db.$queryRaw<Row[]>(sql`
    SELECT n.id, n.name, n.pool, n.zone, n.rack, n.kernel, n.runtimes, n.state, n.critical_count AS "criticalCount", f.id AS "findingId",
      concat_ws('|', n.kernel, n.runtimes, n.arch, h.data ->> 'product') AS stratum,
      (coalesce(n.labels ->> ${PROTECTED_LABEL}, '') = 'true' OR jsonb_exists(n.labels, ${CONTROL_PLANE_LABEL})) AS "isProtected"
    FROM node n
    LEFT JOIN node_fact h ON h.node_id = n.id AND h.kind = 'identity'
    LEFT JOIN LATERAL (SELECT f.id FROM finding f WHERE f.node_id = n.id AND f.check_id = ${where.checkId ?? ""}
      AND f.state IN ('open', 'flapping') AND NOT f.is_shadow AND f.mute_id IS NULL ORDER BY f.opened_at, f.id LIMIT 1) f ON ${where.checkId !== null}
    WHERE n.revoked_at IS NULL AND ${scope.sql("n")} AND ${base(where)} AND ${filters(where)}
    ORDER BY ${where.percentage < 100 || where.limit !== null ? sql`md5(${seed} || n.id::text)` : sql`n.id`}, n.id LIMIT ${NODES_MAX + 1}`);
  if (all.length > NODES_MAX)
    throw new AppError("invalid", `more than ${NODES_MAX} nodes`, {
      publicMessage: `One rollout takes at most ${NODES_MAX} nodes; select a part of the fleet.`,
    });
  // A share of something is something: 1 % of 30 nodes is one of them.
  const share = where.percentage < 100 ? Math.ceil((all.length * where.percentage) / 100) : all.length;
  const rows = all.slice(0, where.limit === null ? share : Math.min(share, where.limit));
  return rows.map(({ state, criticalCount, ...row }) => ({ ...row, health: healthOf(state, criticalCount) }));
}

/** How a node stands before the change. Warnings alone are no sickness; maintenance is nobody's to judge. */
export function healthOf(state: string, criticalCount: number): Candidate["health"] {
  if (state === "not_reporting") return "not-reporting";
  if (state === "unknown" || state === "maintenance") return "unknown";
  return state === "unhealthy" || criticalCount > 0 ? "sick" : "well";
}

/** Ids of nodes that are the last ones of their pool that are well: no destructive change may have them. */
export async function lastOfTheirPool(db: Db, pools: readonly string[]): Promise<Set<string>> {
  const rows = await db.$queryRaw<{ id: string }[]>(sql`
    SELECT min(n.id::text) AS id FROM node n
    WHERE n.pool = ANY(${[...pools]}::text[]) AND n.revoked_at IS NULL AND n.state IN ('healthy', 'degraded')
    GROUP BY n.pool HAVING count(*) = 1 AND (SELECT count(*) FROM node o WHERE o.pool = n.pool AND o.revoked_at IS NULL) > 1`);
  return new Set(rows.map(({ id }) => id));
}
