// Which repairs are not over: the sweep brings each of them forward, so that no lost job, restart or silent node leaves one standing.
import type { PrismaClient } from "../../generated/prisma/client.ts";

/** At most so many a sweep, oldest first; the next sweep is seconds away. */
const SWEEP_MAX = 500;

export async function activeRepairs(db: PrismaClient): Promise<string[]> {
  const rows = await db.repair.findMany({
    where: { activeKey: { not: null } },
    orderBy: { createdAt: "asc" },
    take: SWEEP_MAX,
    select: { id: true },
  });
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
