// The life of a finding, decided purely: what it was, what the check saw now, and the clock → what it is. evaluate.ts stores it.
import type { FindingState } from "../findings/schema.ts";

/** Times in epoch ms. A finding that is pending is a debounce, not yet a finding that anyone sees. */
export type FindingLife = {
  state: FindingState;
  firstSeenAt: number;
  openedAt: number | null;
  lastSeenAt: number;
  recoveringAt: number | null;
  closedAt: number | null;
  closeReason: CloseReason | null;
  flapCount: number;
};
type CloseReason = "cleared" | "repaired" | "check-removed" | "node-removed";

/**
 * What was seen of one subject. `clear`: the check could look and the subject has no problem. `unknown`: it could not look.
 * `isSuppressed`: a cause stands on the node, so this is its symptom.
 */
export type Sighting =
  | { type: "problem"; isSuppressed: boolean }
  | { type: "clear"; isRepaired: boolean }
  | { type: "unknown" }
  | { type: "check-removed" };

export type Timing = { raiseAfterMs: number; clearAfterMs: number };
/** The last closed finding of the same identity, when there is one. */
export type Predecessor = { closedAt: number; firstSeenAt: number; flapCount: number };

/** A problem that comes back within this of its close is the same problem flapping, ms. Editorial: longer than any clear time of the catalogue. */
export const FLAP_WINDOW_MS = 10 * 60_000;
/** A flapping finding must stay clear this many times longer, so that it does not come and go with its cause. */
export const FLAP_CLEAR_FACTOR = 3;

/** The next life; null when a debounce ended without a finding, or there is nothing. Closed is final. */
export function nextLife(
  life: FindingLife | null,
  sighting: Sighting,
  now: number,
  timing: Timing,
  predecessor: Predecessor | null = null,
): FindingLife | null {
  if (life?.state === "closed") return life;
  switch (sighting.type) {
    case "check-removed":
      return life && life.state !== "pending" ? close(life, now, "check-removed") : null;
    case "unknown":
      // Nothing is known to have changed: it neither opens nor closes, and the time until it may close starts anew.
      return life?.state === "recovering" ? { ...life, recoveringAt: now } : life;
    case "clear":
      return life && seenClear(life, now, timing, sighting.isRepaired);
    case "problem":
      return seenProblem(life, now, timing, sighting.isSuppressed, predecessor);
  }
}

function seenClear(life: FindingLife, now: number, timing: Timing, isRepaired: boolean): FindingLife | null {
  if (life.state === "pending") return null;
  const since = life.recoveringAt ?? now;
  const clearAfterMs =
    life.flapCount > 0 && !isRepaired ? timing.clearAfterMs * FLAP_CLEAR_FACTOR : timing.clearAfterMs;
  if (now - since >= clearAfterMs)
    return close({ ...life, recoveringAt: since }, now, isRepaired ? "repaired" : "cleared");
  return { ...life, state: "recovering", recoveringAt: since };
}

function seenProblem(
  life: FindingLife | null,
  now: number,
  timing: Timing,
  isSuppressed: boolean,
  predecessor: Predecessor | null,
): FindingLife {
  if (life && life.state === "recovering") {
    return { ...life, state: "flapping", recoveringAt: null, lastSeenAt: now, flapCount: life.flapCount + 1 };
  }
  if (life && life.state !== "pending") return { ...life, lastSeenAt: now };
  // While its cause stands the debounce does not run: what remains afterwards must stand by itself.
  const firstSeenAt = life && !isSuppressed ? life.firstSeenAt : now;
  const pending: FindingLife = {
    state: "pending",
    firstSeenAt,
    openedAt: null,
    lastSeenAt: now,
    recoveringAt: null,
    closedAt: null,
    closeReason: null,
    flapCount: 0,
  };
  if (isSuppressed || now - firstSeenAt < timing.raiseAfterMs) return pending;
  const isBack = predecessor !== null && firstSeenAt - predecessor.closedAt <= FLAP_WINDOW_MS;
  if (!isBack) return { ...pending, state: "open", openedAt: now };
  return {
    ...pending,
    state: "flapping",
    openedAt: now,
    firstSeenAt: predecessor.firstSeenAt,
    flapCount: predecessor.flapCount + 1,
  };
}

/** Ends a finding that is not closed yet. */
function close(life: FindingLife, now: number, closeReason: CloseReason): FindingLife {
  return { ...life, state: "closed", closedAt: now, closeReason };
}
