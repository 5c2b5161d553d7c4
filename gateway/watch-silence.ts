// Looks through the sessions once a second: who misses a heartbeat is asked, who does not answer either is silent. watch.ts decides what follows.
import { SESSION_SILENCE_MS } from "../protocol/constants.ts";
import { calm, isLate, isSilent, LATE_MS, learn, REGULAR, type Rhythm } from "./liveness-accrual.ts";
import type { Session } from "./session.ts";

type Heard = Pick<Session, "nodeId" | "heardAt" | "answers">;
/** A session that misses a heartbeat: what was heard last of it, and when it answered a question, monotonic ms. */
type Late = { heardAt: number; answeredAt: number; askedAt: number | null };

/** What was learned of a node's lateness counts for so long, ms. */
const RHYTHM_KEPT_MS = 600_000;
/** An answer to a question comes within this, ms, or not at all. */
const ANSWER_MS = 5_000;

export type Silence<S> = {
  /** `silent` are to be ended; `late` missed a heartbeat and have not answered since the look before this one. */
  look: (sessions: readonly S[], now: number) => { silent: S[]; late: string[] };
  /** We did not run for `ms`: nobody's silence, and nothing to learn from. */
  forgive: (sessions: readonly S[], ms: number) => void;
};

/**
 * Keeps nothing of sessions that keep time.
 * @param clock monotonic ms, for the instants of answers
 */
export function createSilence<S extends Heard>(clock: () => number): Silence<S> {
  const late = new Map<S, Late>();
  const rhythms = new Map<string, { rhythm: Rhythm; at: number }>();

  /** What its lateness has taught us, less what it kept time for since: until `heardAt`, its last word before this silence. */
  function rhythmOf(nodeId: string, heardAt: number): Rhythm {
    const kept = rhythms.get(nodeId);
    return kept ? calm(kept.rhythm, heardAt - kept.at) : REGULAR;
  }

  /** Those that were late and have been heard again teach us how late they can be. */
  function settle(sessions: ReadonlySet<S>, now: number): void {
    for (const [session, { heardAt }] of late) {
      const isThere = sessions.has(session);
      if (session.heardAt === heardAt && isThere) continue;
      late.delete(session);
      const silence = session.heardAt - heardAt;
      if (isThere && silence >= LATE_MS)
        rhythms.set(session.nodeId, { rhythm: learn(rhythmOf(session.nodeId, heardAt), silence), at: session.heardAt });
    }
    for (const [nodeId, { at }] of rhythms) if (now - at > RHYTHM_KEPT_MS) rhythms.delete(nodeId);
  }

  function ask(session: S, entry: Late, now: number): void {
    entry.askedAt = now;
    session.answers(ANSWER_MS).then(
      (isAlive) => {
        if (!isAlive) return;
        entry.answeredAt = clock();
        entry.askedAt = null;
      },
      () => undefined, // no answer
    );
  }

  return {
    forgive(sessions, ms) {
      for (const session of sessions) session.heardAt += ms;
      for (const entry of late.values()) {
        entry.heardAt += ms;
        entry.answeredAt += ms;
      }
    },
    look(sessions, now) {
      const found: { silent: S[]; late: string[] } = { silent: [], late: [] };
      if (late.size > 0) settle(new Set(sessions), now);
      for (const session of sessions) {
        const unheard = now - session.heardAt;
        if (unheard < LATE_MS) continue;
        const rhythm = rhythmOf(session.nodeId, session.heardAt);
        if (!isLate(rhythm, unheard)) continue;
        let entry = late.get(session);
        if (!entry) {
          entry = { heardAt: session.heardAt, answeredAt: session.heardAt, askedAt: null };
          late.set(session, entry);
        }
        const silence = now - entry.answeredAt;
        // Whoever answers questions but sends nothing for so long does not do what an agent does.
        if (unheard >= SESSION_SILENCE_MS || isSilent(rhythm, silence)) {
          found.silent.push(session);
          continue;
        }
        if (entry.askedAt !== null) found.late.push(session.nodeId);
        else if (isLate(rhythm, silence)) ask(session, entry, now);
      }
      return found;
    },
  };
}
