// Cells of the fleet grid, grouped and coloured by the page.
import { z } from "zod";
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { stateRank } from "../nodes/list.ts";
import type { NodeCell } from "./schema.ts";

/** More cells than this are sent as typed arrays by a later version of this verb; the page says when it is cut. */
const CELLS_MAX = 20_000;

export const getGrid = query({
  name: "overview.grid",
  access: "nodes:read",
  on: "node",
  input: z.void(),
  async run({ db, scope }): Promise<{ cells: NodeCell[]; isCut: boolean }> {
    const cells = await db.$queryRaw<NodeCell[]>(sql`
      SELECT n.id, n.name, n.pool, n.zone, n.state, n.state_since AS since,
             CASE WHEN n.critical_count > 0 THEN 'critical' WHEN n.warning_count > 0 THEN 'warning' END AS worst,
             n.critical_count + n.warning_count AS "findingCount", n.runtimes, n.kernel
      FROM node n WHERE n.revoked_at IS NULL AND ${scope.sql("n")}
      ORDER BY n.pool, n.zone, length(n.name), n.name, ${stateRank} LIMIT ${CELLS_MAX + 1}`);
    return { cells: cells.slice(0, CELLS_MAX), isCut: cells.length > CELLS_MAX };
  },
});
