// One incident with its nodes and their findings, what to do about it, and how fast it spreads.
import { checkById } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { actorNames } from "../core/actor-names.ts";
import { AppError } from "../core/errors.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { findingRowsOf } from "../findings/of-incident.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { extents, incidentColumns, toIncidentRow } from "./rows.ts";
import { GetIncident, INCIDENT_NODES_MAX, type IncidentDetail, type IncidentNode } from "./schema.ts";

const SPREAD_HOURS = 24;

/** @throws AppError("not_found") also for one that touches no node of the caller's part */
export async function findIncident(db: PrismaClient, scope: Scope, id: string) {
  const row = await db.incident.findUnique({ where: { id }, select: incidentColumns });
  const extent = row ? (await extents(db, scope, [id])).get(id) : undefined;
  if (row && (scope.isWhole || extent)) return { row, extent };
  throw new AppError("not_found", `no incident ${id}`, {
    publicMessage: "There is no such incident.",
    entity: ["incident", id],
    isForeign: row !== null,
  });
}

export const getIncident = query({
  name: "incidents.get",
  access: "checks:read",
  on: "node",
  input: GetIncident,
  async run({ db, now, scope }, { id }): Promise<IncidentDetail> {
    const { row, extent } = await findIncident(db, scope, id);
    const nameOf = await actorNames(db, [row.acknowledgedBy]);
    const [checks, nodes, spread] = await Promise.all([
      readChecks(db, scope, id),
      readNodes(db, scope, id, row.state === "closed"),
      readSpread(db, scope, id, now()),
    ]);
    return {
      ...toIncidentRow(row, extent, { isWhole: scope.isWhole, nameOf }),
      checks,
      nodes,
      spread,
      isHolding: row.state !== "closed",
    };
  },
});

async function readChecks(db: PrismaClient, scope: Scope, id: string): Promise<IncidentDetail["checks"]> {
  const rows = await db.finding.groupBy({
    by: ["checkId"],
    where: { incidentId: id, isShadow: false, node: scope.where },
    _count: { _all: true },
  });
  const known = new Map((await activeChecks(db)).checks.map((check) => [check.id, check]));
  return rows
    .map(({ checkId, _count }) => {
      const check = checkById(checkId) ?? known.get(checkId);
      const id = { en: checkId, zh: checkId };
      return {
        checkId,
        title: check?.title ?? id,
        suggestion: check?.suggestion ?? { en: "", zh: "" },
        findingCount: _count._all,
      };
    })
    .sort((a, b) => b.findingCount - a.findingCount || (a.checkId < b.checkId ? -1 : 1));
}

async function readNodes(db: PrismaClient, scope: Scope, id: string, isClosed: boolean): Promise<IncidentNode[]> {
  const rows = await findingRowsOf(db, scope, id, isClosed);
  const byNode = Map.groupBy(rows, ({ nodeId }) => nodeId);
  const nodeIds = [...byNode.keys()].slice(0, INCIDENT_NODES_MAX);
  const nodes = await db.node.findMany({
    where: { id: { in: nodeIds } },
    select: { id: true, name: true, pool: true, zone: true, rack: true, kernel: true, state: true },
  });
  const known = new Map(nodes.map((node) => [node.id, node]));
  return nodeIds.flatMap((nodeId) => {
    const node = known.get(nodeId);
    return node ? [{ ...node, findings: byNode.get(nodeId) ?? [] }] : [];
  });
}

async function readSpread(db: PrismaClient, scope: Scope, id: string, now: Date): Promise<number[]> {
  const from = new Date(now.getTime() - SPREAD_HOURS * 3_600_000);
  const rows = await db.$queryRaw<{ hour: number; count: number }[]>(sql`
    SELECT floor(extract(epoch FROM f.opened_at - ${from}::timestamptz) / 3600)::int AS hour, count(*)::int AS count
    FROM finding f JOIN node n ON n.id = f.node_id
    WHERE f.incident_id = ${id}::uuid AND NOT f.is_shadow AND f.opened_at > ${from} AND ${scope.sql("n")} GROUP BY 1`);
  const spread = Array<number>(SPREAD_HOURS).fill(0);
  for (const { hour, count } of rows) {
    const slot = Math.min(SPREAD_HOURS - 1, Math.max(0, hour));
    spread[slot] = (spread[slot] ?? 0) + count;
  }
  return spread;
}
