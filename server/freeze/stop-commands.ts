// While the fleet is frozen no command that a node has not accepted yet stays on its way. Run by every sweep, so that neither a lost job nor a
// restart leaves one standing; gateways and agents stop by themselves as well.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { sql } from "../core/sql.ts";
import { isFrozen } from "./frozen.ts";

/** @returns how many were stopped; a command that the dispatcher or a gateway holds right now is looked at again by the next sweep */
export async function stopCommands(db: PrismaClient, now: Date): Promise<number> {
  if (!(await isFrozen(db))) return 0;
  const at = now.getTime();
  return db.$executeRaw(sql`
    UPDATE command SET state = 'expired', ended_at = ${now}, result = jsonb_build_object(
        'commandId', id, 'status', 'refused', 'code', 'frozen', 'message', '', 'changed', false, 'output', '{}'::jsonb,
        'startedAt', ${at}::bigint, 'endedAt', ${at}::bigint)
    WHERE id IN (SELECT id FROM command WHERE state IN ('queued', 'signed') FOR UPDATE SKIP LOCKED)`);
}
