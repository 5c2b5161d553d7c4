// Reads of the patrols: the list, one with its runs, runs, and one run beside its predecessor.
import { z } from "zod";
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import {
  allPatrols,
  maySeePatrol,
  maySeeRun,
  type RawRun,
  runFrom,
  runParts,
  toPatrolRow,
  toRunRow,
  visiblePatrol,
  visibleRun,
  withOwnSamples,
} from "./rows.ts";
import {
  ListRuns,
  type PatrolDetail,
  PatrolRef,
  type PatrolRow,
  type RunDetail,
  type RunList,
  RunRef,
} from "./schema.ts";
import { selection } from "./select.ts";

/** Runs that a patrol's own page shows at once. */
const RUNS_SHOWN = 50;
/** Different selections that are told apart for somebody who sees a part of the fleet; runs are kept for 30 days. */
const SELECTIONS_MAX = 10_000;
const READ = "patrols:read";

export const listPatrols = query({
  name: "patrols.list",
  access: READ,
  on: "node",
  input: z.void(),
  async run({ db, scope, actor }): Promise<PatrolRow[]> {
    const patrols = (await allPatrols(db)).filter((row) => maySeePatrol(row, actor, READ));
    const raw = await db.$queryRaw<RawRun[]>(sql`
      ${runFrom} JOIN LATERAL (SELECT l.id FROM patrol_run l WHERE l.patrol_id = p.id ORDER BY l.started_at DESC LIMIT 1) last ON last.id = r.id
      WHERE p.id = ANY(${patrols.map(({ id }) => id)}::uuid[])`);
    const own = raw.filter((run) => maySeeRun(run, actor, READ)).map(toRunRow);
    const lastOf = new Map((await withOwnSamples(db, own, scope)).map((run) => [run.patrolId, run]));
    return patrols.map((row) => toPatrolRow(row, lastOf.get(row.id) ?? null));
  },
});

export const getPatrol = query({
  name: "patrols.get",
  access: READ,
  on: "node",
  input: PatrolRef,
  async run({ db, scope, actor }, { id }): Promise<PatrolDetail> {
    const row = await visiblePatrol(db, id, actor, READ);
    const raw = await db.$queryRaw<RawRun[]>(
      sql`${runFrom} WHERE r.patrol_id = ${id}::uuid ORDER BY r.started_at DESC, r.id DESC LIMIT ${RUNS_SHOWN}`,
    );
    const own = raw.filter((run) => maySeeRun(run, actor, READ)).map(toRunRow);
    const runs = await withOwnSamples(db, own, scope);
    return { ...toPatrolRow(row, runs[0] ?? null), runs };
  },
});

export const listRuns = query({
  name: "patrols.runs",
  access: READ,
  on: "node",
  input: ListRuns,
  async run({ db, scope, actor }, { patrolId, purpose, page, pageSize }): Promise<RunList> {
    const asked = sql`r.purpose <> 'back-test' AND (${patrolId ?? null}::uuid IS NULL OR r.patrol_id = ${patrolId ?? null}::uuid)
      AND (${purpose ?? null}::text IS NULL OR r.purpose = ${purpose ?? null}::text)`;
    let where = asked;
    if (!scope.isWhole) {
      // Which selections one may see is decided by their texts; then the database counts and pages.
      const selections = await db.$queryRaw<{ selector: string; parts: unknown }[]>(
        sql`SELECT DISTINCT r.selector, ${runParts} AS parts FROM patrol_run r WHERE ${asked} LIMIT ${SELECTIONS_MAX}`,
      );
      const own = selections.filter((one) => maySeeRun(one, actor, READ));
      where = sql`${asked} AND (r.selector, ${runParts}) IN (
        SELECT * FROM unnest(${own.map(({ selector }) => selector)}::text[], ${own.map(({ parts }) => JSON.stringify(parts))}::jsonb[]))`;
    }
    const [raw, counted] = await Promise.all([
      db.$queryRaw<RawRun[]>(
        sql`${runFrom} WHERE ${where} ORDER BY r.started_at DESC, r.id DESC LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize}`,
      ),
      db.$queryRaw<{ total: number }[]>(sql`SELECT count(*)::int AS total FROM patrol_run r WHERE ${where}`),
    ]);
    const rows = await withOwnSamples(db, raw.map(toRunRow), scope);
    return { rows, total: counted[0]?.total ?? 0, page, pageSize };
  },
});

export const getRun = query({
  name: "patrols.run",
  access: READ,
  on: "node",
  input: RunRef,
  async run({ db, scope, actor }, { id }): Promise<RunDetail> {
    const run = toRunRow(await visibleRun(db, id, actor, READ));
    const [before] = run.patrolId
      ? await db.$queryRaw<
          RawRun[]
        >(sql`${runFrom} WHERE r.patrol_id = ${run.patrolId}::uuid AND r.state IN ('done', 'cancelled')
          AND r.started_at < ${run.startedAt}::timestamptz ORDER BY r.started_at DESC LIMIT 1`)
      : [];
    // As it is now: whoever reads why a change was stopped wants to know whether it still is.
    const critical = await db.$queryRaw<RunDetail["criticalNodes"]>(sql`
      SELECT DISTINCT n.id AS "nodeId", n.name AS "nodeName" FROM finding f JOIN node n ON n.id = f.node_id
      WHERE f.severity = 'critical' AND f.state IN ('open', 'flapping', 'recovering') AND NOT f.is_shadow AND f.mute_id IS NULL
        AND (${run.checkIds.length === 0} OR f.check_id = ANY(${run.checkIds}::text[])) AND ${selection(run.selector, scope)}
      ORDER BY n.name LIMIT 50`);
    const shown = before && maySeeRun(before, actor, READ) ? [run, toRunRow(before)] : [run];
    const [own = run, last] = await withOwnSamples(db, shown, scope);
    const previous = last ? { id: last.id, startedAt: last.startedAt, state: last.state, report: last.report } : null;
    return { ...own, previous, criticalNodes: critical };
  },
});
