// A look now: at any selection, by a patrol, or before a change; and how to stop one.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type Actor, actorRef, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import { type Scope, wholeFleet } from "../core/scope.ts";
import { mutation } from "../core/verb.ts";
import { advanceRuns } from "./jobs.ts";
import { visiblePatrol, visibleRun } from "./rows.ts";
import { knownChecks } from "./save.ts";
import { RunNow, RunRef, type Verdict } from "./schema.ts";
import { partsOf, selectedIds } from "./select.ts";
import { type NewRun, startRun } from "./start-run.ts";

/** Looks that one person may have under way. */
const OWN_RUNS_MAX = 5;

async function whatToRun(
  tx: Tx,
  input: RunNow,
  { actor, scope }: { actor: Actor; scope: Scope },
): Promise<Omit<NewRun, "by">> {
  if (!("patrolId" in input)) {
    const { selector, purpose, unknownMaxRatio } = input;
    const checkIds = await knownChecks(tx, input.checkIds);
    const nodeIds = await selectedIds(tx, selector, scope);
    const parts = partsOf(scope, actor, "patrols:run");
    return { patrolId: null, purpose, selector, parts, checkIds, nodeIds, jitterMs: 0, unknownMaxRatio };
  }
  const patrol = await visiblePatrol(tx, input.patrolId, actor, "patrols:run");
  const running = await tx.patrolRun.count({ where: { patrolId: patrol.id, state: "running" } });
  if (running > 0)
    throw new AppError("conflict", `patrol ${patrol.id} runs already`, { publicMessage: "It is running already." });
  const { id: patrolId, selector, checkIds } = patrol;
  // Somebody waits for it: no spreading.
  return {
    patrolId,
    purpose: "patrol",
    selector,
    checkIds,
    nodeIds: await selectedIds(tx, selector, scope),
    jitterMs: 0,
  };
}

export const runPatrolNow = mutation({
  name: "patrols.runNow",
  access: "patrols:run",
  on: "node",
  input: RunNow,
  async run({ tx, actor, scope, now }, input) {
    const by = { ref: actorRef(actor), name: actor.name };
    const own = await tx.patrolRun.count({
      where: { requestedBy: by.ref, state: "running", purpose: { not: "back-test" } },
    });
    if (own >= OWN_RUNS_MAX)
      throw new AppError("conflict", `${by.ref} has ${own} runs`, {
        publicMessage: `You have ${own} looks under way; wait for one or cancel it.`,
      });
    const what = await whatToRun(tx, input, { actor, scope });
    const id = await startRun(tx, { ...what, by }, now());
    const { nodeIds, ...told } = what;
    return {
      result: { id, nodes: nodeIds.length },
      audit: { entity: ["patrol-run", id], after: { ...told, nodes: nodeIds.length } },
      after: () => enqueue(advanceRuns, { runIds: [id] }),
    };
  },
});

/** Takes effect between two batches. */
export const cancelRun = mutation({
  name: "patrols.cancel",
  access: "patrols:run",
  on: "node",
  input: RunRef,
  async run({ tx, actor }, { id }) {
    const run = await visibleRun(tx, id, actor, "patrols:run");
    const { count } = await tx.patrolRun.updateMany({
      where: { id, state: "running", isCancelRequested: false },
      data: { isCancelRequested: true },
    });
    if (count === 0)
      throw new AppError("conflict", `run ${id} is ${run.state}`, { publicMessage: "It is over already." });
    return {
      result: { id },
      audit: { entity: ["patrol-run", id], before: { state: run.state, done: run.done } },
      changes: [{ domain: "patrols", ids: [id] }],
      after: () => enqueue(advanceRuns, { runIds: [id] }),
    };
  },
});

type PreChange = {
  /** Text of selectors/, within `scope`. */
  selector: string;
  scope?: Scope;
  /** Empty: every check. */
  checkIds?: readonly string[];
  /** More nodes unknown or not reporting than this share: inconclusive. */
  unknownMaxRatio?: number;
  by: { ref: string; name: string };
};

/**
 * Begins the look before a change, for whoever carries changes out by themselves.
 * @returns the run's id: ask `verdictFor` until it is over. Nothing but "pass" lets a change begin.
 */
export async function preChange(db: PrismaClient | Tx, what: PreChange, now: Date): Promise<string> {
  const { selector, scope = wholeFleet, checkIds = [], unknownMaxRatio, by } = what;
  const nodeIds = await selectedIds(db, selector, scope);
  return startRun(
    db,
    { patrolId: null, purpose: "pre-change", selector, checkIds, nodeIds, jitterMs: 0, unknownMaxRatio, by },
    now,
  );
}

/** What a look before a change came to; null while it goes on. One that is not there any more is inconclusive. */
export async function verdictFor(db: PrismaClient | Tx, runId: string): Promise<Verdict | null> {
  const run = await db.patrolRun.findFirst({
    where: { id: runId, purpose: "pre-change" },
    select: { state: true, verdict: true },
  });
  if (run?.state === "running") return null;
  return run?.state === "done" && (run.verdict === "pass" || run.verdict === "fail") ? run.verdict : "inconclusive";
}
