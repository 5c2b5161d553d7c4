// Which repairs are not over: the sweep brings each of them forward, so that no lost job, restart or silent node leaves one standing.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { sql } from "../core/sql.ts";
import { REPORT, SHELL } from "./looks.ts";

/** At most so many a sweep, oldest first; the next sweep is seconds away. */
const SWEEP_MAX = 500;

export async function activeRepairs(db: PrismaClient, now: Date): Promise<string[]> {
  const [active, looks, awaiting] = await Promise.all([
    db.repair.findMany({
      where: { activeKey: { not: null } },
      orderBy: { createdAt: "asc" },
      take: SWEEP_MAX,
      select: { id: true },
    }),
    db.repair.findMany({
      where: { repairId: { in: [REPORT, SHELL] }, state: { in: ["queued", "running"] } },
      orderBy: { createdAt: "asc" },
      take: SWEEP_MAX,
      select: { id: true },
    }),
    awaitingRepairs(db, now),
  ]);
  return [...[...active, ...looks].map(({ id }) => id), ...awaiting];
}

/** Of those that wait for approval: whose time is over, that are to be cancelled, and that somebody has approved (the node may be free now). */
async function awaitingRepairs(db: PrismaClient, now: Date): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>(sql`
    SELECT r.id FROM repair r
    WHERE r.state = 'awaiting' AND (r.approve_by <= ${now} OR r.is_cancel_requested
      OR EXISTS (SELECT FROM approval a WHERE a.kind = 'plan' AND a.subject = r.id::text))
    ORDER BY r.created_at LIMIT ${SWEEP_MAX}`);
  return rows.map(({ id }) => id);
}

/** Repairs that wait for newer facts of these nodes. */
export async function verifyingRepairs(db: PrismaClient, nodeIds: string[]): Promise<string[]> {
  const rows = await db.repair.findMany({
    where: { activeKey: { in: nodeIds }, state: "verifying" },
    select: { id: true },
  });
  return rows.map(({ id }) => id);
}
