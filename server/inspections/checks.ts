// The catalogue of checks with how each stands on the fleet.
import { z } from "zod";
import { checks } from "../../checks/index.ts";
import { repairsForCheck } from "../../repairs/index.ts";
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import type { CheckRow } from "./schema.ts";

export const listChecks = query({
  name: "inspections.checks",
  access: "findings:read",
  on: "node",
  input: z.void(),
  async run({ db, scope }): Promise<CheckRow[]> {
    const counts = await db.$queryRaw<{ checkId: string; status: string; count: bigint }[]>(sql`
      SELECT c.check_id AS "checkId", c.status, count(*) AS count FROM check_status c JOIN node n ON n.id = c.node_id
      WHERE n.revoked_at IS NULL AND ${scope.sql("n")} GROUP BY 1, 2`);
    const count = (checkId: string, status: string) =>
      Number(counts.find((c) => c.checkId === checkId && c.status === status)?.count ?? 0);
    return checks.map(({ id, title, area, severity, suggestion, needs, raiseAfterMs, clearAfterMs }) => ({
      id,
      title,
      area,
      severity,
      suggestion,
      needs: [...needs],
      repairs: repairsForCheck(id).map((repair) => ({ id: repair.id, title: repair.title })),
      raiseAfterMs,
      clearAfterMs,
      ok: count(id, "ok"),
      problem: count(id, "problem"),
      unknown: count(id, "unknown"),
    }));
  },
});
