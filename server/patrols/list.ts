// Reads of the patrols: the list, one with its runs, runs, and one run beside its predecessor.
import { z } from "zod";
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import {
  allPatrols,
  type RawRun,
  runFrom,
  toPatrolRow,
  toRunRow,
  visibility,
  visiblePatrol,
  visibleRun,
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
/** Runs that are looked at for somebody who may see a part of them only; older ones are left out. */
const FILTERED_MAX = 500;

export const listPatrols = query({
  name: "patrols.list",
  access: "patrols:read",
  on: "node",
  input: z.void(),
  async run({ db, scope, actor }): Promise<PatrolRow[]> {
    const mayShow = visibility(db, scope, actor);
    const all = await allPatrols(db);
    const shown = await Promise.all(all.map(({ selector, createdBy }) => mayShow({ selector, by: createdBy })));
    const patrols = all.filter((_row, i) => shown[i]);
    const runs = await db.$queryRaw<RawRun[]>(sql`
      ${runFrom} JOIN LATERAL (SELECT l.id FROM patrol_run l WHERE l.patrol_id = p.id ORDER BY l.started_at DESC LIMIT 1) last ON last.id = r.id
      WHERE p.id = ANY(${patrols.map(({ id }) => id)}::uuid[])`);
    const lastOf = new Map(runs.map((run) => [run.patrolId, toRunRow(run)]));
    return patrols.map((row) => toPatrolRow(row, lastOf.get(row.id) ?? null));
  },
});

export const getPatrol = query({
  name: "patrols.get",
  access: "patrols:read",
  on: "node",
  input: PatrolRef,
  async run({ db, scope, actor }, { id }): Promise<PatrolDetail> {
    const row = await visiblePatrol(db, id, scope, actor);
    const raw = await db.$queryRaw<RawRun[]>(
      sql`${runFrom} WHERE r.patrol_id = ${id}::uuid ORDER BY r.started_at DESC, r.id DESC LIMIT ${RUNS_SHOWN}`,
    );
    const runs = raw.map(toRunRow);
    return { ...toPatrolRow(row, runs[0] ?? null), runs };
  },
});

export const listRuns = query({
  name: "patrols.runs",
  access: "patrols:read",
  on: "node",
  input: ListRuns,
  async run({ db, scope, actor }, { patrolId, purpose, page, pageSize }): Promise<RunList> {
    const where = sql`r.purpose <> 'back-test' AND (${patrolId ?? null}::uuid IS NULL OR r.patrol_id = ${patrolId ?? null}::uuid)
      AND (${purpose ?? null}::text IS NULL OR r.purpose = ${purpose ?? null}::text)`;
    const newest = sql`ORDER BY r.started_at DESC, r.id DESC`;
    const from = (page - 1) * pageSize;
    if (scope.isWhole) {
      const rows = await db.$queryRaw<RawRun[]>(
        sql`${runFrom} WHERE ${where} ${newest} LIMIT ${pageSize} OFFSET ${from}`,
      );
      const counted = await db.$queryRaw<{ total: number }[]>(
        sql`SELECT count(*)::int AS total FROM patrol_run r WHERE ${where}`,
      );
      return { rows: rows.map(toRunRow), total: counted[0]?.total ?? 0, page, pageSize };
    }
    const lately = await db.$queryRaw<RawRun[]>(sql`${runFrom} WHERE ${where} ${newest} LIMIT ${FILTERED_MAX}`);
    const mayShow = visibility(db, scope, actor);
    const shown = await Promise.all(lately.map(({ selector, requestedBy }) => mayShow({ selector, by: requestedBy })));
    const own = lately.filter((_run, i) => shown[i]);
    return { rows: own.slice(from, from + pageSize).map(toRunRow), total: own.length, page, pageSize };
  },
});

export const getRun = query({
  name: "patrols.run",
  access: "patrols:read",
  on: "node",
  input: RunRef,
  async run({ db, scope, actor }, { id }): Promise<RunDetail> {
    const run = toRunRow(await visibleRun(db, id, scope, actor));
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
    const previous = before ? toRunRow(before) : null;
    return {
      ...run,
      previous: previous && {
        id: previous.id,
        startedAt: previous.startedAt,
        state: previous.state,
        report: previous.report,
      },
      criticalNodes: critical,
    };
  },
});
