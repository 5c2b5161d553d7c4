// Back-tests over the API: a sample at once in this process, the whole selection in the workers with progress, and how to stop that.
import { v7 as uuidv7 } from "uuid";
import { z } from "zod";
import { toPgJson } from "../agents/pg-json.ts";
import { publishChanges } from "../core/changes.ts";
import { actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { mutation, query } from "../core/verb.ts";
import { type BackTest, BackTestInput, type BackTestRun, type ShownBackTest } from "../custom-checks/schema.ts";
import { isGatewayAlive } from "../inspections/facts.ts";
import { isWithin, partsOf, selectedIds, selection } from "../patrols/select.ts";
import { runBackTests } from "./jobs.ts";
import { scan } from "./scan.ts";
import { openSubjects, prismaSource } from "./sources.ts";
import { checkOf } from "./target.ts";

/** Nodes of a sample: a fraction of a second of this process, given in pieces of 8 ms. */
const SAMPLE_NODES = 2_000;
const SAMPLE_TIMEOUT_MS = 3_000;
/** Samples under way in this process, and back-tests that one person may have under way. */
const SAMPLES_AT_ONCE = 2;
const OWN_RUNS_MAX = 2;

let samples = 0;

const shownTo = (scope: Scope, result: BackTest): ShownBackTest =>
  scope.isWhole ? result : { ...result, wallMs: null, evaluateMs: null, cpuMs: null };

/** What the check would find on up to 2,000 of the nodes; `selected` says of how many. Node ids are random, so the first are as good as any. */
export const backTestSample = query({
  name: "customChecks.backTest",
  access: "checks:write",
  on: "node",
  input: BackTestInput,
  async run({ db, scope, now }, { target, selector }): Promise<ShownBackTest> {
    if (samples >= SAMPLES_AT_ONCE)
      throw new AppError("too_many", "samples under way", {
        publicMessage: "Others are testing right now. Try again.",
      });
    samples += 1;
    try {
      const { check } = await checkOf(db, target);
      const where = selection(selector, scope);
      const [rows, counted, open, isAlive] = await Promise.all([
        db.$queryRaw<{ id: string }[]>(sql`SELECT n.id FROM node n WHERE ${where} ORDER BY n.id LIMIT ${SAMPLE_NODES}`),
        db.$queryRaw<{ count: number }[]>(sql`SELECT count(*)::int AS count FROM node n WHERE ${where}`),
        openSubjects(db, check.id),
        isGatewayAlive(db, now()),
      ]);
      const nodeIds = rows.map(({ id }) => id);
      const result = await scan(prismaSource(db), {
        check,
        nodeIds,
        open,
        isGatewayAlive: isAlive,
        now: now(),
        timeoutMs: SAMPLE_TIMEOUT_MS,
      });
      return shownTo(scope, { ...result, selected: counted[0]?.count ?? 0 });
    } finally {
      samples -= 1;
    }
  },
});

/** Over everything that is selected. */
export const startBackTest = mutation({
  name: "customChecks.startBackTest",
  access: "checks:write",
  on: "node",
  input: BackTestInput,
  async run({ tx, actor, scope, now }, { target, selector }) {
    const { check, version } = await checkOf(tx, target);
    const by = actorRef(actor);
    const own = await tx.patrolRun.count({ where: { requestedBy: by, state: "running", purpose: "back-test" } });
    if (own >= OWN_RUNS_MAX)
      throw new AppError("conflict", `${by} has ${own} back-tests`, {
        publicMessage: `You have ${own} back-tests under way; wait for one or cancel it.`,
      });
    const nodeIds = await selectedIds(tx, selector, scope);
    const id = uuidv7();
    // The version is fixed here: what is saved meanwhile is another one.
    const pinned = "draft" in target || version === null ? target : { id: target.id, version };
    const isWhole = selector.trim() === "*" && scope.isWhole;
    const report = { target: pinned, selected: nodeIds.length, isWhole, parts: partsOf(scope, actor, "checks:write") };
    const at = now();
    await tx.$executeRaw(sql`
      INSERT INTO patrol_run (id, purpose, selector, check_ids, state, node_ids, report, requested_by, requested_by_name, started_at, due_at)
      VALUES (${id}::uuid, 'back-test', ${selector}, ${[check.id]}::text[], 'running', ${nodeIds}::uuid[], ${toPgJson(report)}::jsonb,
        ${by}, ${actor.name}, ${at}::timestamptz, ${at}::timestamptz)`);
    await publishChanges(tx, [{ domain: "patrols", ids: [id] }]);
    return {
      result: { runId: id, selected: nodeIds.length },
      audit: { entity: ["check", check.id], after: { backTest: id, selector, nodes: nodeIds.length, version } },
      after: () => enqueue(runBackTests, { runIds: [id] }),
    };
  },
});

const Stored = z.object({
  selected: z.number().catch(0),
  parts: z.array(z.string()).nullable().catch(null),
  // Written by the workers of this version or one before; shown as it is.
  result: z
    .custom<BackTest>((value) => typeof value === "object" && value !== null)
    .nullable()
    .catch(null),
  error: z.string().nullable().catch(null),
});
const States = z.enum(["running", "done", "cancelled", "failed"]).catch("failed");
const RunRef = z.object({ runId: z.uuid() });

/** One's own as far as one's rights still go, or any with rights in the whole fleet: its sample names nodes. */
export const backTestRun = query({
  name: "customChecks.backTestRun",
  access: "checks:write",
  on: "node",
  input: RunRef,
  async run({ db, scope, actor }, { runId }): Promise<BackTestRun | null> {
    const run = await db.patrolRun.findFirst({
      where: { id: runId, purpose: "back-test", ...(scope.isWhole ? {} : { requestedBy: actorRef(actor) }) },
      select: { selector: true, state: true, done: true, report: true },
    });
    if (!run) return null;
    const { selected, result, error, parts } = Stored.parse(run.report);
    if (!isWithin({ selector: run.selector, parts }, actor, "checks:write")) return null;
    const shown = result && shownTo(scope, result);
    return { runId, state: States.parse(run.state), selected, done: run.done, result: shown, error };
  },
});

export const cancelBackTest = mutation({
  name: "customChecks.cancelBackTest",
  access: "checks:write",
  on: "node",
  input: RunRef,
  async run({ tx, actor }, { runId }) {
    const { count } = await tx.patrolRun.updateMany({
      where: { id: runId, purpose: "back-test", state: "running", requestedBy: actorRef(actor) },
      data: { isCancelRequested: true },
    });
    if (count === 0)
      throw new AppError("conflict", `no back-test ${runId} of ${actorRef(actor)} runs`, {
        publicMessage: "You have no such back-test under way.",
      });
    return { result: { runId }, audit: { entity: ["patrol-run", runId] } };
  },
});
