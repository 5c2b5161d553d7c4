// What nobody else ends: shells whose run is over before they opened, those whose node went away with them, and the keys of those that are over –
// what was typed may be a password that no screen has shown.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { sql } from "../core/sql.ts";

/** A shell that is heard of no more is over this long after its deadline, ms: the node that kept it ended it by then. */
const SILENT_MS = 2 * 60_000;

/** @returns how many rows were changed or removed */
export async function tidyShells(db: PrismaClient, now: Date): Promise<number> {
  const refused = await db.$executeRaw(sql`
    UPDATE shell_session s SET state = 'refused', ended_at = ${now} FROM repair r
    WHERE r.id = s.id AND s.state = 'awaiting' AND r.state IN ('failed', 'cancelled')`);
  // One that opened and never printed anything has no deadline of its own yet.
  const lost = await db.$executeRaw(sql`
    UPDATE shell_session s SET state = 'ended', ended_at = ${now}, end_reason = 'lost' FROM repair r
    WHERE r.id = s.id AND (s.state = 'open' OR (s.state = 'awaiting' AND r.state = 'succeeded'))
      AND coalesce(s.deadline_at, r.ended_at + s.minutes * interval '1 minute') < ${new Date(now.getTime() - SILENT_MS)}`);
  const keys = await db.$executeRaw(sql`
    DELETE FROM shell_input i USING shell_session s WHERE s.id = i.shell_id AND s.state IN ('ended', 'refused')`);
  return refused + lost + keys;
}
