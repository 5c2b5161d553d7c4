// The clockwork beside the sessions: silence, lost sessions, checkpoints, and who is overdue.
import {
  CHECKPOINT_MS,
  checkpointSessions,
  closeSessions,
  countZones,
  findUnheard,
  markOverdue,
} from "../server/agents/sessions.ts";
import { publishChanges } from "../server/core/changes.ts";
import type { Database } from "../server/core/db.ts";
import type { Logger } from "../server/core/log.ts";
import type { Inbox } from "./inbox.ts";
import type { Ending, Liveness } from "./liveness.ts";
import { type Hold, isMany, nextHold } from "./liveness-mass.ts";
import type { Session } from "./session.ts";
import type { SessionTable } from "./session-table.ts";
import { createSilence } from "./watch-silence.ts";

/** Lost sessions are recorded, and those that were killed called not reporting, at this pace. */
const TICK_MS = 50;
const SCAN_MS = 1_000;
const SWEEP_MS = 5_000;
/** A tick this late, ms, and what was sent meanwhile has not been read yet. */
const DEAF_MS = 2_000;
/** A tick this late means that the process stood still and heard nobody, ms. */
const STALL_MS = 5_000;
/** Sessions that frames were left with connect again spread over this, ms. */
const SHED_RECONNECT_MS = 5_000;

/** Why nothing is said of silent nodes: so many of those that this gateway knows are missing at once. */
export type Held = { since: Date; missing: number; known: number };

export type Watch = { lost: (session: Session) => void; held: () => Held | null; stop: () => Promise<void> };

/** Starts the timers. */
export function startWatch(input: {
  db: Database;
  table: SessionTable;
  inbox: Inbox;
  liveness: Liveness;
  log: Logger;
}): Watch {
  const { db, table, inbox, liveness, log } = input;
  const silence = createSilence<Session>(() => performance.now());
  const silenced = new WeakSet<Session>();
  let lost: { nodeId: string; key: string; at: Date }[] = [];
  let late: string[] = [];
  let hold: Hold | null = null;
  /** The hold is of a stall: it ends with the grace period, which has begun anew already. */
  let stoodStill = false;
  let lastTick = performance.now();
  let isStopped = false;

  /** What this process did not hear because it did not run is nobody's silence. */
  function noticeStall(now: number): void {
    const gap = now - lastTick - TICK_MS;
    lastTick = now;
    if (gap <= DEAF_MS) return;
    silence.forgive(table.all(), gap);
    if (gap <= STALL_MS) return;
    log.warn({ gapMs: Math.round(gap) }, "this process stood still: the grace period starts anew");
    liveness.stalled(now);
    const all = table.size();
    if (all > 0 && !hold) {
      hold = { since: now - gap, missing: all, known: all, isOver: false };
      stoodStill = true;
    }
  }

  function scan(): void {
    const now = performance.now();
    noticeStall(now);
    const found = silence.look(table.all(), now);
    late = found.late;
    for (const session of found.silent) {
      log.info({ nodeId: session.nodeId }, "session silent, ended");
      silenced.add(session);
      session.terminate();
    }
    if (inbox.hasRoom())
      for (const session of table.all())
        if (session.isShed) session.drain(Math.round(Math.random() * SHED_RECONNECT_MS));
  }

  async function recordLost(): Promise<void> {
    const taken = lost;
    if (taken.length === 0) return;
    lost = [];
    try {
      const ids = await closeSessions(db.pool, taken);
      if (ids.length > 0) await publishChanges(db.prisma, [{ domain: "nodes", ids }]);
    } catch (err) {
      lost = [...taken, ...lost];
      throw err;
    }
  }

  /** Whether so much is missing that the fault is ours. */
  async function isHeld(): Promise<boolean> {
    const now = performance.now();
    // Nothing is judged anyway, and what holds goes on holding.
    if (!liveness.mayJudge(now)) return true;
    const absent = liveness.missing(now);
    const found = { missing: absent.length + late.length, known: table.size() + absent.length };
    const zones = isMany(found) ? await countZones(db.pool, [...absent, ...late]) : null;
    const before = hold;
    hold = nextHold(before, found, zones, now);
    if (hold && !before) log.error(found, "so many nodes silent at once: the fault is here, nothing is said of them");
    if (before && !hold) {
      log.warn(found, "most are heard again");
      if (!stoodStill) liveness.stalled(now);
      stoodStill = false;
      return !liveness.mayJudge(now);
    }
    return hold !== null && !hold.isOver;
  }

  async function mark(nodeIds: string[]): Promise<void> {
    if (nodeIds.length === 0) return;
    const changed = await markOverdue(db.prisma, nodeIds, new Date());
    if (changed.length > 0) log.warn({ nodes: changed.map(({ nodeId }) => nodeId) }, "not reporting");
  }

  async function sweep(): Promise<void> {
    const unheard = await findUnheard(db.pool, new Date());
    const now = performance.now();
    liveness.databaseOk(now);
    const overdue = liveness.overdue(unheard, (nodeId) => table.get(nodeId) !== undefined, now);
    if (!(await isHeld())) await mark(overdue);
  }

  async function checkpoint(): Promise<void> {
    const heard = table.all().map(({ nodeId, heardOn }) => ({ nodeId, at: heardOn }));
    await checkpointSessions(db.pool, heard, new Date());
  }

  /** Each at its pace, never twice at once; a failure means that the database is away. */
  function every(ms: number, name: string, work: () => Promise<void>): NodeJS.Timeout {
    let isRunning = false;
    return setInterval(async () => {
      if (isRunning || isStopped) return;
      isRunning = true;
      try {
        await work();
      } catch (err) {
        liveness.databaseLost();
        log.warn({ what: name, err: err instanceof Error ? err.message : String(err) }, "database not reached");
      } finally {
        isRunning = false;
      }
    }, ms);
  }

  const tick = async () => {
    await recordLost();
    noticeStall(performance.now());
    const due = liveness.due(performance.now());
    if (due.length > 0 && !(await isHeld())) await mark(due);
  };
  const timers = [
    // Never waits for anything, and comes first: whatever is judged, is judged after it.
    setInterval(() => noticeStall(performance.now()), TICK_MS),
    every(TICK_MS, "sessions", tick),
    every(SCAN_MS, "silence", async () => scan()),
    every(SWEEP_MS, "sweep", sweep),
    every(CHECKPOINT_MS, "checkpoint", checkpoint),
  ];

  return {
    lost(session) {
      const how: Ending = silenced.has(session) ? "silent" : session.wasCut ? "cut" : "goodbye";
      liveness.lost(session.nodeId, performance.now(), how);
      lost.push({ nodeId: session.nodeId, key: session.key, at: session.heardOn });
    },
    held: () =>
      hold && {
        since: new Date(Date.now() - (performance.now() - hold.since)),
        missing: hold.missing,
        known: hold.known,
      },
    /** The last checkpoint; sessions that end because this gateway ends are not recorded as lost. */
    async stop() {
      isStopped = true;
      for (const timer of timers) clearInterval(timer);
      await recordLost()
        .then(checkpoint)
        .catch((err: unknown) => log.warn({ err: String(err) }, "last checkpoint failed"));
    },
  };
}
