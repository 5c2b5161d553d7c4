// A back-test in the workers: its row carries what is asked, how far it is, and the result. Claimed by moving its due time; one that was killed begins anew.
import type { Pool } from "pg";
import { z } from "zod";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { toPgJson } from "../agents/pg-json.ts";
import { publishChanges } from "../core/changes.ts";
import { toAppError } from "../core/errors.ts";
import { sql } from "../core/sql.ts";
import { Target } from "../custom-checks/schema.ts";
import { isGatewayAlive } from "../inspections/facts.ts";
import { scan } from "./scan.ts";
import { openSubjects, withPoolSource } from "./sources.ts";
import { checkOf } from "./target.ts";

/** Without a sign of life for so long, ms, somebody else begins it anew. */
const LEASE_MS = 20_000;
/** Progress is written this often at most, ms. */
const PROGRESS_MS = 500;
/** A back-test ends here, ms, and says how far it got. */
const TIMEOUT_MS = 120_000;

const Asked = z.object({ target: Target });

/** @returns what became of it; "taken" when somebody else has it or it is over */
export async function runBackTest(
  db: PrismaClient,
  pool: Pool,
  id: string,
  now: () => Date,
): Promise<"done" | "cancelled" | "failed" | "taken"> {
  const at = now();
  const [run] = await db.$queryRaw<{ nodeIds: string[]; report: unknown; isCancelRequested: boolean }[]>(sql`
    UPDATE patrol_run SET due_at = ${new Date(at.getTime() + LEASE_MS)}::timestamptz, done = 0
    WHERE id = ${id}::uuid AND state = 'running' AND purpose = 'back-test' AND due_at <= ${at}::timestamptz
    RETURNING node_ids::text[] AS "nodeIds", report, is_cancel_requested AS "isCancelRequested"`);
  if (!run) return "taken";
  try {
    if (run.isCancelRequested) return await end(db, id, "cancelled", {}, now());
    const { check, version } = await checkOf(db, Asked.parse(run.report).target);
    const open = await openSubjects(db, check.id);
    let toldAt = 0;
    const onProgress = async (done: number) => {
      if (performance.now() - toldAt < PROGRESS_MS) return true;
      toldAt = performance.now();
      const due = new Date(now().getTime() + LEASE_MS);
      const mine = await db.$queryRaw<{ stop: boolean }[]>(sql`
        UPDATE patrol_run SET done = ${done}, due_at = ${due}::timestamptz WHERE id = ${id}::uuid AND state = 'running'
        RETURNING is_cancel_requested AS stop`);
      await publishChanges(db, [{ domain: "patrols", ids: [id] }]);
      return mine[0]?.stop === false;
    };
    const isAlive = await isGatewayAlive(db, at);
    const result = await withPoolSource(pool, (source) =>
      scan(source, {
        check,
        nodeIds: run.nodeIds,
        open,
        isGatewayAlive: isAlive,
        now: at,
        timeoutMs: TIMEOUT_MS,
        onProgress,
      }),
    );
    return await end(db, id, result.cutShort === "cancelled" ? "cancelled" : "done", { result, version }, now());
  } catch (err) {
    const { publicMessage } = toAppError(err);
    console.warn(JSON.stringify({ level: "warn", msg: "back-test failed", runId: id, err: toAppError(err).message }));
    return end(db, id, "failed", { error: publicMessage }, now());
  }
}

async function end<S extends "done" | "cancelled" | "failed">(
  db: PrismaClient,
  id: string,
  state: S,
  report: object,
  at: Date,
): Promise<S> {
  await db.$executeRaw(sql`
    UPDATE patrol_run SET state = ${state}, done = cardinality(node_ids), node_ids = '{}', report = report || ${toPgJson(report)}::jsonb,
      ended_at = ${at}::timestamptz WHERE id = ${id}::uuid AND state = 'running'`);
  await publishChanges(db, [{ domain: "patrols", ids: [id] }]);
  return state;
}

/** Those that wait, or whose worker died. */
export async function dueBackTests(db: PrismaClient, now: Date): Promise<string[]> {
  const rows = await db.patrolRun.findMany({
    where: { state: "running", purpose: "back-test", dueAt: { lte: now } },
    orderBy: { dueAt: "asc" },
    take: 10,
    select: { id: true },
  });
  return rows.map(({ id }) => id);
}
