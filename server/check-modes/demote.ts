// Takes auto back where the repair no longer does what it was trusted for; the sweep asks every minute or so.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { writeAudit } from "../core/audit.ts";
import { publishChanges } from "../core/changes.ts";
import { systemActor } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { readEarned, whyLost } from "./earned.ts";

/** Stands for the nodes to which a rollout brings the mode at present. */
const SOME_NODES = "(rollout)";

const readNodeAutos = (db: PrismaClient): Promise<{ checkId: string; pool: string }[]> =>
  db.$queryRaw(
    sql`SELECT DISTINCT check_id AS "checkId", ${SOME_NODES}::text AS pool FROM node_check WHERE what = 'mode' AND value = 'auto'`,
  );

/** @returns how many modes went from auto to suggest, each with a line in the trail */
export async function demoteModes(db: PrismaClient, now: Date): Promise<number> {
  const rows = await db.checkMode.findMany({ where: { mode: "auto" }, select: { checkId: true, pool: true } });
  rows.push(...(await readNodeAutos(db)));
  if (rows.length === 0) return 0;
  const earned = await readEarned(db, [...new Set(rows.map(({ checkId }) => checkId))], now);
  let count = 0;
  for (const { checkId, pool } of rows) {
    const record = earned.get(checkId);
    const why = record ? whyLost(record) : { en: "the check has no repair any more", zh: "该检查已没有修复" };
    if (why) count += await demote(db, { checkId, pool }, why, now);
  }
  return count;
}

async function demote(
  db: PrismaClient,
  { checkId, pool }: { checkId: string; pool: string },
  why: { en: string; zh: string },
  now: Date,
): Promise<number> {
  const actor = systemActor("workers");
  const reason = `Taken back by itself: ${why.en}.`;
  return db.$transaction(async (tx) => {
    const count =
      pool === SOME_NODES
        ? await tx.$executeRaw(
            sql`UPDATE node_check SET value = 'suggest', set_at = ${now} WHERE check_id = ${checkId} AND what = 'mode' AND value = 'auto'`,
          )
        : (
            await tx.checkMode.updateMany({
              where: { checkId, pool, mode: "auto" },
              data: { mode: "suggest", reason, setBy: "system:workers", setByName: actor.name, setAt: now },
            })
          ).count;
    if (count === 0) return 0;
    await publishChanges(tx, [{ domain: "checks", ids: [] }]);
    await writeAudit(tx, {
      actor,
      action: "modes.demote",
      at: now,
      requestId: null,
      outcome: "done",
      entry: {
        entity: ["check", checkId],
        before: { pool, mode: "auto" },
        after: { pool, mode: "suggest", reason: why },
      },
    });
    return count;
  });
}
