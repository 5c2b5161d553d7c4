// Starts or prepares repairs by itself where a mode says so, along each finding's ladder and within the fleet's brake. What is started here goes the
// same way as what a person starts: plan, guards, dispatcher.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { RepairDefinition, Risk } from "../../repairs/define.ts";
import { repairsForCheck } from "../../repairs/index.ts";
import { readModes } from "../check-modes/modes.ts";
import type { Mode } from "../check-modes/schema.ts";
import { writeAudit } from "../core/audit.ts";
import { publishChanges } from "../core/changes.ts";
import { systemActor } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { sql } from "../core/sql.ts";
import { isFrozen } from "../freeze/frozen.ts";
import { readAttempts } from "./attempts.ts";
import { ladderState, stepsLeft } from "./ladder.ts";
import { planRepair } from "./plan.ts";
import { lockNode, startRun } from "./start.ts";

/** A finding stands for so long before anything starts by itself, ms: what it shares with others must have had the time to show. */
export const AUTO_WAIT_MS = 30_000;
/** At most this share of a pool's nodes is repaired by itself at once, and always one. */
export const BRAKE_RATIO = 0.05;
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
};

export async function autoStart(db: PrismaClient, now: Date): Promise<AutoStarted> {
  const done: AutoStarted = { runs: [], prepared: 0 };
  const modes = await db.checkMode.findMany({
    where: { mode: { in: ["approve", "auto"] } },
    distinct: ["checkId"],
    select: { checkId: true },
  });
  if (modes.length === 0 || (await isFrozen(db))) return done;
  const modeOf = await readModes(db);
  const found = await readCandidates(
    db,
    modes.map(({ checkId }) => checkId),
    now,
  );
  const candidates = found.flatMap((candidate) => {
    const mode = modeOf(candidate.checkId, candidate.pool);
    return mode === "approve" || mode === "auto" ? [{ ...candidate, mode }] : [];
  });
  if (candidates.length === 0) return done;
  const attemptsOf = await readAttempts(db, candidates, now);
  const room = await readRoom(db);
  /** One run at a time on a node. */
  const taken = new Set<string>();
  for (const candidate of choose(candidates)) {
    if (taken.has(candidate.nodeId)) continue;
    const attempts = attemptsOf(candidate);
    const repairs = repairsForCheck(candidate.checkId);
    const state = ladderState({ repairs, attempts, hold: null, mode: candidate.mode, area: "", now: now.getTime() });
    if (state.state !== "next") continue;
    const steps = stepsLeft(repairs, attempts, now.getTime());
    const started = await climbOne(db, candidate, steps, room, now);
    if (!started) continue;
    taken.add(candidate.nodeId);
    if (started.isWaiting) done.prepared += 1;
    else done.runs.push(started.id);
  }
  return done;
}

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
const readCandidates = (db: PrismaClient, checkIds: string[], now: Date): Promise<Candidate[]> =>
  db.$queryRaw<Candidate[]>(sql`
    SELECT f.id, f.node_id AS "nodeId", f.check_id AS "checkId", f.subject, n.pool
    FROM finding f JOIN node n ON n.id = f.node_id LEFT JOIN incident i ON i.id = f.incident_id AND i.state = 'open'
    WHERE f.check_id = ANY(${checkIds}::text[]) AND f.state IN ('open', 'flapping') AND f.mute_id IS NULL AND NOT f.is_shadow AND i.id IS NULL
      AND f.opened_at <= ${new Date(now.getTime() - AUTO_WAIT_MS)}
      AND n.revoked_at IS NULL AND n.is_connected AND n.quarantined_at IS NULL AND n.state <> 'maintenance'
      AND NOT EXISTS (SELECT 1 FROM repair r WHERE r.active_key = n.id::text)
      AND NOT EXISTS (SELECT 1 FROM repair r WHERE r.finding_id = f.id AND r.state = 'awaiting')
    ORDER BY CASE f.severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, f.opened_at, f.id LIMIT ${CANDIDATES_MAX}`);

/** Pool → how many more runs may start there by themselves. */
async function readRoom(db: PrismaClient): Promise<Map<string, number>> {
  const rows = await db.$queryRaw<{ pool: string; nodes: number; running: number }[]>(sql`
    SELECT n.pool, count(*)::int AS nodes, count(r.id)::int AS running
    FROM node n LEFT JOIN repair r ON r.active_key = n.id::text AND r.origin = 'auto'
    WHERE n.revoked_at IS NULL GROUP BY 1`);
  return new Map(rows.map(({ pool, nodes, running }) => [pool, roomOf(nodes, running)]));
}

/** How many more may start in a pool of so many nodes while so many run. */
export const roomOf = (nodes: number, running: number): number =>
  Math.max(0, Math.max(1, Math.floor(nodes * BRAKE_RATIO)) - running);

/** Whether a plan of this risk waits for a person under that mode. */
export const mustWaitFor = (mode: Mode, risk: Risk): boolean => mode !== "auto" || risk !== "safe";

type Started = { id: string; isWaiting: boolean };

/** The first repair whose guards hold, least risk first; null when none can start now. */
async function climbOne(
  db: PrismaClient,
  candidate: Candidate & { mode: "approve" | "auto" },
  steps: readonly RepairDefinition[],
  room: Map<string, number>,
  now: Date,
): Promise<Started | null> {
  for (const { id: repairId } of steps) {
    try {
      const started = await startOne(db, candidate, repairId, room, now);
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

async function startOne(
  db: PrismaClient,
  candidate: Candidate & { mode: "approve" | "auto" },
  repairId: string,
  room: Map<string, number>,
  now: Date,
): Promise<Started | null> {
  const started = await db.$transaction(
    async (tx) => {
      await lockNode(tx, candidate.nodeId);
      if (await isFrozen(tx)) return null;
      const preview = await planRepair(tx, { findingId: candidate.id, repairId }, now);
      if (!preview.canStart) return null;
      const mustWait = mustWaitFor(candidate.mode, preview.risk);
      if (!mustWait && (room.get(candidate.pool) ?? 0) <= 0) return null;
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
      return run.result;
    },
    { timeout: 15_000, maxWait: 10_000 },
  );
  if (!started) return null;
  const isWaiting = started.state === "awaiting";
  if (!isWaiting) room.set(candidate.pool, (room.get(candidate.pool) ?? 0) - 1);
  return { id: started.id, isWaiting };
}
