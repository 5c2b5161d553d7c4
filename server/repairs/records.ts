// Measured success: how often a repair ended verified, over all nodes that the caller may see and on one kernel. Runs that touched nothing and undos count for nothing.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Risk } from "../../repairs/define.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import type { OfferedRepair } from "../findings/schema.ts";
import { COUNTS } from "./touched.ts";

type RepairRecord = OfferedRepair["record"];

/** Fewer finished runs rank nothing. Editorial. */
const RANKED_FROM = 5;
const riskRank: Record<Risk, number> = { safe: 0, disruptive: 1, destructive: 2 };

/**
 * Repairs in the order in which they are offered: what mostly failed here last, then the least risk, then what worked best – on this kernel where it
 * ran there often enough –, then as the check names them. Pure.
 */
export function rankRepairs<R extends { risk: Risk; record: RepairRecord }>(repairs: readonly R[]): R[] {
  const keyOf = ({ risk, record }: R): [number, number, number] => {
    const onKernel = record.totalOnKernel >= RANKED_FROM;
    const [worked, of] = onKernel ? [record.succeededOnKernel, record.totalOnKernel] : [record.succeeded, record.total];
    const rate = of >= RANKED_FROM ? worked / of : null;
    return [rate !== null && rate < 0.5 ? 1 : 0, riskRank[risk], -(rate ?? 0.5)];
  };
  return repairs
    .map((repair) => ({ repair, key: keyOf(repair) }))
    .sort((a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1] || a.key[2] - b.key[2])
    .map(({ repair }) => repair);
}

const NONE: RepairRecord = { succeeded: 0, total: 0, succeededOnKernel: 0, totalOnKernel: 0 };

/** Reads the records of these repairs at once; the answer gives zeros for one that never ran. */
export async function repairRecords(
  db: PrismaClient,
  repairIds: string[],
  kernel: string,
  scope: Scope,
): Promise<(repairId: string) => RepairRecord> {
  const rows = await db.$queryRaw<(RepairRecord & { repairId: string })[]>(sql`
    SELECT r.repair_id AS "repairId", count(*)::int AS total, count(*) FILTER (WHERE r.state = 'succeeded')::int AS succeeded,
      count(*) FILTER (WHERE k.kernel = ${kernel})::int AS "totalOnKernel",
      count(*) FILTER (WHERE k.kernel = ${kernel} AND r.state = 'succeeded')::int AS "succeededOnKernel"
    FROM repair r JOIN node n ON n.id = r.node_id CROSS JOIN LATERAL (SELECT coalesce(nullif(r.kernel, ''), n.kernel) AS kernel) k
    WHERE r.repair_id = ANY(${repairIds}::text[]) AND r.undo_of_id IS NULL AND ${COUNTS}
      AND ${scope.sql("n")}
    GROUP BY 1`);
  const byId = new Map(rows.map(({ repairId, ...record }) => [repairId, record]));
  return (repairId) => byId.get(repairId) ?? NONE;
}
