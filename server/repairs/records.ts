// Measured success: how often a repair ended verified, over all nodes that the caller may see and on one kernel. Cancelled runs and undos count for nothing.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import type { OfferedRepair } from "../findings/schema.ts";

type RepairRecord = OfferedRepair["record"];

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
      count(*) FILTER (WHERE n.kernel = ${kernel})::int AS "totalOnKernel",
      count(*) FILTER (WHERE n.kernel = ${kernel} AND r.state = 'succeeded')::int AS "succeededOnKernel"
    FROM repair r JOIN node n ON n.id = r.node_id
    WHERE r.repair_id = ANY(${repairIds}::text[]) AND r.undo_of_id IS NULL AND r.state IN ('succeeded', 'failed')
      AND ${scope.sql("n")}
    GROUP BY 1`);
  const byId = new Map(rows.map(({ repairId, ...record }) => [repairId, record]));
  return (repairId) => byId.get(repairId) ?? NONE;
}
