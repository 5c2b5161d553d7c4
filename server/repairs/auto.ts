// Starts or prepares repairs by itself where a mode says so, along each finding's ladder and within the fleet's brake. What is started here goes the
// same way as what a person starts: plan, guards, dispatcher.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { RepairDefinition, Risk } from "../../repairs/define.ts";
import { repairsForCheck } from "../../repairs/index.ts";
import { FREE_NODES_MAX } from "../approvals/needed.ts";
import { lockPools } from "../budget/pools.ts";
import { checksThatAct, modeOf, readModes } from "../check-modes/modes.ts";
import type { Mode } from "../check-modes/schema.ts";
import { writeAudit } from "../core/audit.ts";
import { publishChanges } from "../core/changes.ts";
import { systemActor, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { sql } from "../core/sql.ts";
import { isFrozen } from "../freeze/frozen.ts";
import { readAttempts } from "./attempts.ts";
import { checksUnderWay, type Group, startTogether, TOGETHER_MIN } from "./auto-rollouts.ts";
import { fleetHold, hasRoom, UNSIGNED } from "./brake.ts";
import { type Attempt, ladderState, stepsLeft, WINDOW_MS } from "./ladder.ts";
import { planRepair } from "./plan.ts";
import { lockNode, startRun } from "./start.ts";
import { TOUCHED } from "./touched.ts";

/** A finding stands for so long before anything starts by itself, ms: what it shares with others must have had the time to show. */
export const AUTO_WAIT_MS = 30_000;
/** Attempts on one node for one check within the ladder's window, whatever their subjects: a container that is replaced comes with a budget of its own. */
const NODE_ATTEMPTS_MAX = 6;
/** Findings read in one turn, worst and oldest first; the next turn is seconds away. */
const CANDIDATES_MAX = 500;
/** Of them so many are weighed: half the first, half any, so that some whose guards never hold keep nobody waiting for ever. */
const WEIGHED_MAX = 40;

type Candidate = { id: string; nodeId: string; checkId: string; subject: string; pool: string };
export type AutoStarted = {
  /** Runs that may go on at once. */
  runs: string[];
  /** Runs that wait for a person. */
  prepared: number;
  /** Rollouts of a repair that several nodes need. Left out when there is none. */
  rollouts?: string[];
  /** Why nothing starts without a person anywhere now; left out when it may. */
  held?: string;
  /** What could not be weighed: a guard or a plan that throws stops no other. Left out when there is none. */
  errors?: { findingId: string; message: string }[];
};

export async function autoStart(db: PrismaClient, now: Date): Promise<AutoStarted> {
  const done: AutoStarted = { runs: [], prepared: 0 };
  const checkIds = await checksThatAct(db);
  if (checkIds.length === 0 || (await isFrozen(db))) return done;
  const found = await readCandidates(db, checkIds, now);
  const modeNow = await readModes(
    db,
    found.map(({ nodeId }) => nodeId),
  );
  const underWay = await checksUnderWay(db);
  const candidates = found.flatMap((candidate) => {
    const mode = modeNow(candidate.checkId, candidate.pool, candidate.nodeId);
    if (mode === "auto" && underWay.has(candidate.checkId)) return [];
    return mode === "approve" || mode === "auto" ? [{ ...candidate, mode }] : [];
  });
  if (candidates.length === 0) return done;
  const attemptsOf = await readAttempts(db, candidates, now);
  const held = await fleetHold(db, now);
  if (held && held !== UNSIGNED) done.held = held;
  /** One run at a time on a node. */
  const taken = new Set<string>();
  const chosen = choose(candidates);
  for (const group of held === null ? sharedTrouble(chosen, attemptsOf, now) : []) {
    const id = await startTogether(db, group, FREE_NODES_MAX, now).catch((err: unknown) => {
      const message = err instanceof Error ? err.message : String(err);
      done.errors = [...(done.errors ?? []), { findingId: group.findingId, message }];
      return null;
    });
    if (!id) continue; // then one by one, as far as the brakes allow
    done.rollouts = [...(done.rollouts ?? []), id];
    for (const nodeId of group.nodeIds) taken.add(nodeId);
  }
  for (const candidate of chosen) {
    if (taken.has(candidate.nodeId)) continue;
    const attempts = attemptsOf(candidate);
    const repairs = repairsForCheck(candidate.checkId);
    if (!isNext(candidate, attempts, now)) continue;
    const steps = stepsLeft(repairs, attempts, now.getTime());
    const started = await climbOne(db, candidate, steps, held === null, now).catch((err: unknown) => {
      const message = err instanceof Error ? err.message : String(err);
      done.errors = [...(done.errors ?? []), { findingId: candidate.id, message }];
      return null;
    });
    if (!started) continue;
    taken.add(candidate.nodeId);
    if (started.isWaiting) done.prepared += 1;
    else done.runs.push(started.id);
  }
  return done;
}

/** What the product would mend by itself on more than one node at once: by check and repair. */
function sharedTrouble(
  candidates: readonly (Candidate & { mode: Mode })[],
  attemptsOf: (of: Candidate) => readonly Attempt[],
  now: Date,
): (Group & { findingId: string })[] {
  const next = candidates.filter((one) => {
    if (one.mode !== "auto" || !isNext(one, attemptsOf(one), now)) return false;
    const [first] = stepsLeft(repairsForCheck(one.checkId), attemptsOf(one), now.getTime());
    return first !== undefined && first.risk === "safe" && isTrusted(one.checkId, first.id);
  });
  return [...Map.groupBy(next, ({ checkId }) => checkId)].flatMap(([checkId, group]) => {
    const nodeIds = [...new Set(group.map(({ nodeId }) => nodeId))];
    const repairId = repairsForCheck(checkId)[0]?.id;
    const findingId = group[0]?.id;
    return nodeIds.length >= TOGETHER_MIN && repairId && findingId ? [{ checkId, repairId, nodeIds, findingId }] : [];
  });
}

const isNext = ({ checkId }: Candidate, attempts: readonly Attempt[], now: Date): boolean => {
  const repairs = repairsForCheck(checkId);
  return ladderState({ repairs, attempts, hold: null, mode: "auto", area: "", now: now.getTime() }).state === "next";
};

function choose<T>(candidates: readonly T[]): T[] {
  const first = candidates.slice(0, WEIGHED_MAX / 2);
  const others = candidates.slice(WEIGHED_MAX / 2).map((one) => ({ one, place: Math.random() }));
  others.sort((a, b) => a.place - b.place);
  return [...first, ...others.slice(0, WEIGHED_MAX / 2).map(({ one }) => one)];
}

/**
 * Present findings that nothing speaks against: not muted, in no open incident, on a connected node that is neither in maintenance nor quarantined, and
 * no repair runs there or waits for it.
 */
const readCandidates = (db: PrismaClient | Tx, checkIds: string[], now: Date, only?: string): Promise<Candidate[]> =>
  db.$queryRaw<Candidate[]>(sql`
    SELECT f.id, f.node_id AS "nodeId", f.check_id AS "checkId", f.subject, n.pool
    FROM finding f JOIN node n ON n.id = f.node_id LEFT JOIN incident i ON i.id = f.incident_id AND i.state = 'open'
    WHERE f.check_id = ANY(${checkIds}::text[]) AND f.state IN ('open', 'flapping') AND f.mute_id IS NULL AND NOT f.is_shadow AND i.id IS NULL
      AND ${only === undefined ? sql`true` : sql`f.id = ${only}::uuid`} AND f.opened_at <= ${new Date(now.getTime() - AUTO_WAIT_MS)}
      AND n.revoked_at IS NULL AND n.is_connected AND n.quarantined_at IS NULL AND n.state <> 'maintenance'
      AND NOT EXISTS (SELECT 1 FROM repair r WHERE r.active_key = n.id::text)
      AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.active_key = n.id::text)
      AND NOT EXISTS (SELECT 1 FROM rollout_target t JOIN rollout o ON o.id = t.rollout_id WHERE t.node_id = n.id AND o.origin = 'auto'
        AND o.phase NOT IN ('succeeded', 'rolled-back', 'aborted') AND t.state IN ('pending', 'applying'))
      AND NOT EXISTS (SELECT 1 FROM repair r WHERE r.finding_id = f.id AND r.state = 'awaiting')
      AND (SELECT count(*) FROM repair r WHERE r.node_id = n.id AND r.check_id = f.check_id AND r.undo_of_id IS NULL
        AND r.created_at > ${new Date(now.getTime() - WINDOW_MS)} AND ${TOUCHED}) < ${NODE_ATTEMPTS_MAX}
    ORDER BY CASE f.severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, f.opened_at, f.id LIMIT ${CANDIDATES_MAX}`);

/** Auto rests on the record of the check's first repair (check-modes/earned.ts); no other has earned to start by itself. */
const isTrusted = (checkId: string, repairId: string): boolean => repairsForCheck(checkId)[0]?.id === repairId;

/** Whether a plan of this risk waits for a person under that mode; `hasEarned`: the mode rests on this repair's own record. */
export const mustWaitFor = (mode: Mode, risk: Risk, hasEarned: boolean): boolean =>
  mode !== "auto" || risk !== "safe" || !hasEarned;

type Started = { id: string; isWaiting: boolean };

/** The first repair whose guards hold, least risk first; null when none can start now. */
async function climbOne(
  db: PrismaClient,
  candidate: Candidate,
  steps: readonly RepairDefinition[],
  isOpen: boolean,
  now: Date,
): Promise<Started | null> {
  for (const { id: repairId } of steps) {
    try {
      const started = await startOne(db, candidate, repairId, isOpen, now);
      if (started === "later") return null;
      if (started) return started;
    } catch (err) {
      // Somebody was faster, or the finding is gone: the next turn sees what is left. Anything else is trouble of our own.
      if (!(err instanceof AppError) || err.http >= 500) throw err;
      return null;
    }
  }
  return null;
}

const actor = systemActor("workers");

/**
 * All that speaks against it is asked once more under the locks: persons may have muted, stopped or taken over meanwhile, and another worker may be at it.
 * @returns null when its guards do not hold; "later" when nothing of this finding may start now
 */
async function startOne(
  db: PrismaClient,
  candidate: Candidate,
  repairId: string,
  isOpen: boolean,
  now: Date,
): Promise<Started | "later" | null> {
  return db.$transaction(
    async (tx) => {
      const { id, nodeId, checkId, pool } = candidate;
      await lockPools(tx, [pool]);
      await lockNode(tx, nodeId);
      if (await isFrozen(tx)) return "later";
      const mode = await modeOf(tx, checkId, { id: nodeId, pool });
      if (mode !== "approve" && mode !== "auto") return "later";
      if ((await readCandidates(tx, [checkId], now, id)).length === 0) return "later";
      if (!isNext(candidate, (await readAttempts(tx, [candidate], now))(candidate), now)) return "later";
      const preview = await planRepair(tx, { findingId: id, repairId }, now);
      if (!preview.canStart) return null;
      const mustWait = mustWaitFor(mode, preview.risk, isTrusted(checkId, repairId));
      if (!mustWait && !(isOpen && (await hasRoom(tx, pool, checkId)))) return "later";
      const run = await startRun({ tx, actor, now: () => now }, preview, preview.planHash, {
        origin: mustWait ? "approve" : "auto",
        mustWait,
      });
      await publishChanges(tx, run.changes);
      await writeAudit(tx, {
        actor,
        action: "repairs.start",
        at: now,
        requestId: null,
        outcome: "done",
        entry: run.audit,
      });
      return { id: run.result.id, isWaiting: run.result.state === "awaiting" };
    },
    { timeout: 15_000, maxWait: 10_000 },
  );
}
