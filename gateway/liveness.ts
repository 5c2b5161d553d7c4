// When a node may be called *not reporting*: only after this gateway has listened, with its database, for a whole grace period. Pure, times are monotonic ms.
import { LISTEN_GRACE_MS, NOT_REPORTING_AFTER_MS } from "../protocol/constants.ts";

export type Liveness = ReturnType<typeof createLiveness>;

/**
 * How a session ended. `cut`: the connection broke without a word, as when a process is killed; `silent`: it was asked and did not answer;
 * `goodbye`: either side said that it ends, as at an update of the agent or a refusal, or nobody knows.
 */
export type Ending = "cut" | "silent" | "goodbye";

/** So long a node has to come back, ms. An agent whose connection broke tries again within half a second (RECONNECT_MIN_MS). */
export const PATIENCE_MS: Record<Ending, number> = { cut: 650, silent: 0, goodbye: NOT_REPORTING_AFTER_MS };
/** A loss may be younger than what the table was asked before it, ms. */
const UNRECORDED_MS = 10_000;
/** A node that has just enrolled, or whose agent starts anew, is without a session for less than this, ms. */
const STARTING_MS = 10_000;

/**
 * A silence counts only while somebody could have heard something. A restart of gateway or database, or a gateway that stood still itself
 * (suspended, starved), starts the grace period anew; agents that come back within it leave no trace.
 */
export function createLiveness() {
  let listeningSince: number | null = null;
  let databaseSince: number | null = null;
  /** Nodes without a session, since when this gateway knows; `isTold`: handed out by `due` already. */
  const absent = new Map<string, { since: number; how: Ending; isTold: boolean }>();
  const isDue = (nodeId: string, now: number): boolean => {
    const entry = absent.get(nodeId);
    return entry !== undefined && now - entry.since >= PATIENCE_MS[entry.how];
  };

  return {
    /** The port is open. */
    listening(now: number): void {
      listeningSince ??= now;
    },
    /** This process did not run for a while: it was deaf. */
    stalled(now: number): void {
      if (listeningSince !== null) listeningSince = now;
    },
    databaseOk(now: number): void {
      databaseSince ??= now;
    },
    databaseLost(): void {
      databaseSince = null;
    },
    opened(nodeId: string): void {
      absent.delete(nodeId);
    },
    lost(nodeId: string, now: number, how: Ending = "goodbye"): void {
      absent.set(nodeId, { since: now, how, isTold: false });
    },
    /** Whether a full grace period of successful listening has passed. */
    mayJudge(now: number): boolean {
      if (listeningSince === null || databaseSince === null) return false;
      return now - Math.max(listeningSince, databaseSince) >= LISTEN_GRACE_MS;
    },
    /** Nodes that broke off and are not back, and those without a session for longer than it takes to enrol or to start anew. */
    missing: (now: number): string[] =>
      [...absent].flatMap(([nodeId, { how, since }]) =>
        how !== "goodbye" || now - since >= STARTING_MS ? [nodeId] : [],
      ),
    /** Those of the lost ones that are to be called not reporting now; each is handed out once, the sweep (`overdue`) makes up for what then fails. */
    due(now: number): string[] {
      if (!this.mayJudge(now)) return [];
      const due = [...absent].filter(([nodeId, { isTold }]) => !isTold && isDue(nodeId, now));
      for (const [, entry] of due) entry.isTold = true;
      return due.map(([nodeId]) => nodeId);
    },
    /**
     * @param unheard nodes that, by the table, no gateway hears
     * @returns those of them to be called not reporting now
     */
    overdue(unheard: readonly string[], hasSession: (nodeId: string) => boolean, now: number): string[] {
      const without = unheard.filter((nodeId) => !hasSession(nodeId));
      const known = new Set(without);
      for (const [nodeId, { since }] of absent)
        if (!known.has(nodeId) && now - since > UNRECORDED_MS) absent.delete(nodeId);
      for (const nodeId of without)
        if (!absent.has(nodeId)) absent.set(nodeId, { since: now, how: "goodbye", isTold: false });
      if (!this.mayJudge(now)) return [];
      return without.filter((nodeId) => isDue(nodeId, now));
    },
  };
}
