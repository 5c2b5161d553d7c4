// When a node may be called *not reporting*: only after this gateway has listened, with its database, for a whole grace period. Pure, times are monotonic ms.
import { LISTEN_GRACE_MS, NOT_REPORTING_AFTER_MS } from "../protocol/constants.ts";

export type Liveness = ReturnType<typeof createLiveness>;

/**
 * A silence counts only while somebody could have heard something. A restart of gateway or database, or a gateway that stood still itself
 * (suspended, starved), starts the grace period anew; agents that come back within it leave no trace.
 */
export function createLiveness() {
  let listeningSince: number | null = null;
  let databaseSince: number | null = null;
  /** Nodes without a session, since when this gateway knows. */
  const absentSince = new Map<string, number>();

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
      absentSince.delete(nodeId);
    },
    lost(nodeId: string, now: number): void {
      absentSince.set(nodeId, now);
    },
    /** Whether a full grace period of successful listening has passed. */
    mayJudge(now: number): boolean {
      if (listeningSince === null || databaseSince === null) return false;
      return now - Math.max(listeningSince, databaseSince) >= LISTEN_GRACE_MS;
    },
    /**
     * @param unheard nodes that, by the table, no gateway hears
     * @returns those of them to be called not reporting now
     */
    overdue(unheard: readonly string[], hasSession: (nodeId: string) => boolean, now: number): string[] {
      const absent = unheard.filter((nodeId) => !hasSession(nodeId));
      const known = new Set(absent);
      for (const nodeId of absentSince.keys()) if (!known.has(nodeId)) absentSince.delete(nodeId);
      for (const nodeId of absent) if (!absentSince.has(nodeId)) absentSince.set(nodeId, now);
      if (!this.mayJudge(now)) return [];
      return absent.filter((nodeId) => now - (absentSince.get(nodeId) ?? now) >= NOT_REPORTING_AFTER_MS);
    },
  };
}
