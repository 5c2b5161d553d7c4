// The clockwork beside the sessions: silence, lost sessions, checkpoints, and who is overdue.
import { SESSION_SILENCE_MS } from "../protocol/constants.ts";
import {
  CHECKPOINT_MS,
  checkpointSessions,
  closeSessions,
  findUnheard,
  markOverdue,
} from "../server/agents/sessions.ts";
import { publishChanges } from "../server/core/changes.ts";
import type { Database } from "../server/core/db.ts";
import type { Logger } from "../server/core/log.ts";
import type { Inbox } from "./inbox.ts";
import type { Liveness } from "./liveness.ts";
import type { Session } from "./session.ts";
import type { SessionTable } from "./session-table.ts";

const TICK_MS = 1_000;
const SWEEP_MS = 5_000;
/** A tick this late means that the process stood still and heard nobody, ms. */
const STALL_MS = 5_000;
/** Sessions that frames were left with connect again spread over this, ms. */
const SHED_RECONNECT_MS = 5_000;

export type Watch = { lost: (session: Session) => void; stop: () => Promise<void> };

/** Starts the timers. */
export function startWatch(input: {
  db: Database;
  table: SessionTable;
  inbox: Inbox;
  liveness: Liveness;
  log: Logger;
}): Watch {
  const { db, table, inbox, liveness, log } = input;
  let lost: { nodeId: string; key: string; at: Date }[] = [];
  let lastTick = performance.now();
  let isStopped = false;

  function closeSilent(now: number): void {
    const gap = now - lastTick - TICK_MS;
    lastTick = now;
    if (gap > STALL_MS) {
      log.warn({ gapMs: Math.round(gap) }, "this process stood still: the grace period starts anew");
      liveness.stalled(now);
      for (const session of table.all()) session.heardAt += gap;
      return;
    }
    for (const session of table.all()) {
      if (now - session.heardAt <= SESSION_SILENCE_MS) continue;
      log.info({ nodeId: session.nodeId }, "session silent, ended");
      session.terminate();
    }
  }

  function recallShed(): void {
    if (!inbox.hasRoom()) return;
    for (const session of table.all()) if (session.isShed) session.drain(Math.round(Math.random() * SHED_RECONNECT_MS));
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

  async function sweep(): Promise<void> {
    const now = new Date();
    const unheard = await findUnheard(db.pool, now);
    liveness.databaseOk(performance.now());
    const overdue = liveness.overdue(unheard, (nodeId) => table.get(nodeId) !== undefined, performance.now());
    if (overdue.length === 0) return;
    const changed = await markOverdue(db.prisma, overdue, now);
    if (changed.length > 0) log.warn({ nodes: changed.map(({ nodeId }) => nodeId) }, "not reporting");
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
    closeSilent(performance.now());
    recallShed();
    await recordLost();
  };
  const timers = [
    every(TICK_MS, "sessions", tick),
    every(SWEEP_MS, "sweep", sweep),
    every(CHECKPOINT_MS, "checkpoint", checkpoint),
  ];

  return {
    lost(session) {
      liveness.lost(session.nodeId, performance.now());
      lost.push({ nodeId: session.nodeId, key: session.key, at: session.heardOn });
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
