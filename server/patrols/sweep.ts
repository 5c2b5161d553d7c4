// What is due: patrols by the clock, and runs whose turn has come or whose worker died. Runs every few seconds; several at once do no harm.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { toAppError } from "../core/errors.ts";
import { wholeFleet } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { nextRunAt } from "./schedule.ts";
import { Trigger } from "./schema.ts";
import { selectedIds } from "./select.ts";
import { noteNoRun, OURSELVES, startRun } from "./start-run.ts";

/** Patrols that one sweep starts at most. */
const START_MAX = 20;
/** Runs of a sweep. */
const RUNS_MAX = 10;

type DuePatrol = {
  id: string;
  name: string;
  selector: string;
  checkIds: string[];
  trigger: unknown;
  jitterMs: number;
  nextAt: Date;
  createdAt: Date;
};

/**
 * Starts what is due. However many times were missed, it runs once: the next time is counted from now.
 * One whose predecessor still runs is skipped, one that cannot start has failed; a row says so, and the others have their turn.
 */
export async function startDue(
  db: PrismaClient,
  now: Date,
): Promise<{ started: number; skipped: number; failed: number }> {
  const due = await db.$queryRaw<DuePatrol[]>(sql`
    SELECT id, name, selector, check_ids AS "checkIds", trigger, jitter_ms AS "jitterMs", next_at AS "nextAt", created_at AS "createdAt"
    FROM patrol WHERE is_enabled AND next_at <= ${now}::timestamptz ORDER BY next_at LIMIT ${START_MAX}`);
  const total = { started: 0, skipped: 0, failed: 0 };
  for (const patrol of due) {
    const what = await startOne(db, patrol, now).catch((err: unknown) => noteFailed(db, patrol, err, now));
    if (what !== "taken") total[what] += 1;
  }
  return total;
}

/** Its time moves on, or it would be the first one again and again. */
async function noteFailed(db: PrismaClient, patrol: DuePatrol, err: unknown, now: Date): Promise<"failed" | "taken"> {
  const { message, publicMessage } = toAppError(err);
  console.warn(JSON.stringify({ level: "warn", msg: "a patrol could not start", patrolId: patrol.id, err: message }));
  return db.$transaction(async (tx) => {
    const claimed = await tx.$executeRaw(sql`
      UPDATE patrol SET next_at = ${nextOf(patrol, now)}::timestamptz
      WHERE id = ${patrol.id}::uuid AND is_enabled AND next_at = ${patrol.nextAt}::timestamptz`);
    if (claimed === 0) return "taken";
    await noteNoRun(tx, patrol, { state: "failed", note: `it could not start: ${publicMessage}` }, now);
    return "failed";
  });
}

/** Null also for a time that this version cannot read: then it waits to be saved anew. */
function nextOf({ trigger, createdAt }: DuePatrol, now: Date): Date | null {
  const parsed = Trigger.safeParse(trigger);
  try {
    return parsed.success ? nextRunAt(parsed.data, createdAt, now) : null;
  } catch {
    return null; // the expression is none; its row says that it could not start
  }
}

async function startOne(db: PrismaClient, patrol: DuePatrol, now: Date): Promise<"started" | "skipped" | "taken"> {
  const nextAt = nextOf(patrol, now);
  return db.$transaction(
    async (tx) => {
      // Whoever moves the time on has the run.
      const claimed = await tx.$executeRaw(sql`
        UPDATE patrol SET next_at = ${nextAt}::timestamptz
        WHERE id = ${patrol.id}::uuid AND is_enabled AND next_at = ${patrol.nextAt}::timestamptz`);
      if (claimed === 0) return "taken";
      const running = await tx.patrolRun.findFirst({
        where: { patrolId: patrol.id, state: "running" },
        select: { startedAt: true },
      });
      if (running) {
        const note = `its run of ${running.startedAt.toISOString()} had not ended`;
        await noteNoRun(tx, patrol, { state: "skipped", note }, now);
        return "skipped";
      }
      await startRun(
        tx,
        {
          patrolId: patrol.id,
          purpose: "patrol",
          selector: patrol.selector,
          checkIds: patrol.checkIds,
          nodeIds: await selectedIds(tx, patrol.selector, wholeFleet),
          jitterMs: patrol.jitterMs,
          by: OURSELVES,
        },
        now,
      );
      return "started";
    },
    { timeout: 30_000, maxWait: 10_000 },
  );
}

/** Ids of runs whose turn has come, longest due first. */
export async function dueRuns(db: PrismaClient, now: Date): Promise<string[]> {
  const rows = await db.patrolRun.findMany({
    where: {
      state: "running",
      OR: [{ dueAt: { lte: now } }, { isCancelRequested: true }],
      purpose: { not: "back-test" },
    },
    orderBy: { dueAt: "asc" },
    take: RUNS_MAX,
    select: { id: true },
  });
  return rows.map(({ id }) => id);
}
