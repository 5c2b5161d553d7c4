// A cordon ends while its owner's own work still runs on the node: the node goes into the hands of that work, or it would count as free under way.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { type Sql, sql } from "../core/sql.ts";

/** Cordons that `which` names (a condition on `lease`) become the leases of the runs under way there. @returns their nodes */
export const handOver = (db: Tx | PrismaClient, which: Sql): Promise<{ nodeId: string }[]> =>
  db.$queryRaw<{ nodeId: string }[]>(sql`
    UPDATE lease SET kind = 'action', owner = 'rollout:' || o.id::text, owner_name = o.title, reason = o.reason, expires_at = NULL
    FROM repair p JOIN rollout o ON o.id = p.rollout_id
    WHERE p.active_key = lease.active_key AND lease.kind = 'cordon' AND ${which}
    RETURNING lease.node_id AS "nodeId"`);
