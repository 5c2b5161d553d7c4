// Whether a run says anything of its repair: one that the dispatcher held back, that was not delivered or whose guard held no longer touched nothing.
import { type Sql, sql } from "../core/sql.ts";
import { IS_REPAIR } from "./looks.ts";

/** A step of run `r` was begun on its node. */
export const TOUCHED: Sql = sql`EXISTS (SELECT FROM command c WHERE c.repair_id = r.id AND c.role = 'step'
  AND c.state IN ('accepted', 'done', 'failed', 'unknown'))`;

/** Run `r` counts in records, ladders and suspicions: it ended verified, or it failed after it had begun on the node. */
export const COUNTS: Sql = sql`(${IS_REPAIR} AND (r.state = 'succeeded' OR (r.state = 'failed' AND ${TOUCHED})))`;
