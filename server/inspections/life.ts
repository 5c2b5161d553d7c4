// The life of a finding, decided purely: what it was, what the check saw now, and the clock → what it is. evaluate.ts stores it.
import type { FindingState } from "../findings/schema.ts";

/**
 * Times in epoch ms. A finding that is pending is a debounce, not yet a finding that anyone sees; with `openedAt` set it was one, and is hidden
 * under a cause that showed itself later. `recoveringAt`: since when it is clear; of a pending one since when it stands by itself, null while its
 * cause stands.
 */
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
export type CloseReason = "cleared" | "repaired" | "check-removed" | "node-removed" | "expired";

/**
 * What was seen of one subject. `clear`: the check could look and the subject has no problem. `unknown`: it could not look, since then.
 * `cause`: how a check that this one depends on stands on the node. While it stands this is its symptom and does not open; once it is raised – a
 * finding that people see – what is open already is hidden under it.
 */
export type Sighting =
  | { type: "problem"; cause: "none" | "standing" | "raised" }
  | { type: "clear"; isRepaired: boolean }
  | { type: "unknown"; since: number }
  | { type: "check-removed" };

export type Timing = { raiseAfterMs: number; clearAfterMs: number; expireAfterMs: number };
/** The last closed finding of the same identity, when there is one. */
export type Predecessor = { closedAt: number; firstSeenAt: number; flapCount: number };

/** A problem that comes back within this of its close is the same problem flapping, ms. Editorial: longer than any clear time of the catalogue. */
export const FLAP_WINDOW_MS = 10 * 60_000;
/** A flapping finding must stay clear this many times longer, so that it does not come and go with its cause. */
export const FLAP_CLEAR_FACTOR = 3;
/** A finding that could not be judged for this long is closed as expired, ms: nobody knows whether it still stands. Editorial: a machine that is off over night keeps its findings. */
export const EXPIRE_MIN_MS = 24 * 3_600_000;
/** … and never before so many times the age at which its facts are too old. */
const EXPIRE_TTL_FACTOR = 10;

/** The times of a check. */
export const timingOf = (check: { raiseAfterMs: number; clearAfterMs: number; factTtlMs: number }): Timing => ({
  raiseAfterMs: check.raiseAfterMs,
  clearAfterMs: check.clearAfterMs,
  expireAfterMs: Math.max(EXPIRE_MIN_MS, EXPIRE_TTL_FACTOR * check.factTtlMs),
});

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
      return life && end(life, now, "check-removed");
    case "unknown":
      return life && notSeen(life, now, timing, sighting.since);
    case "clear":
      return life && seenClear(life, now, timing, sighting.isRepaired);
    case "problem":
      return seenProblem(life, now, timing, sighting.cause, predecessor);
  }
}

/**
 * When the clock alone makes another life of this one, if the same goes on being seen; null when it never does.
 * @param life what `nextLife` made of `sighting`
 */
export function lifeChangesAt(life: FindingLife | null, sighting: Sighting, timing: Timing): number | null {
  if (!life || life.state === "closed") return null;
  switch (sighting.type) {
    case "check-removed":
      return null;
    case "unknown":
      return sighting.since + timing.expireAfterMs;
    case "clear":
      return life.recoveringAt === null ? null : life.recoveringAt + clearTime(life, timing, sighting.isRepaired);
    case "problem":
      if (life.state !== "pending" || sighting.cause !== "none") return null;
      return life.recoveringAt === null ? null : life.recoveringAt + timing.raiseAfterMs;
  }
}

/** It was open, and a cause that stands by itself came to light. */
export const isHidden = (life: Pick<FindingLife, "state" | "openedAt">): boolean =>
  life.state === "pending" && life.openedAt !== null;

/** Nothing is known to have changed: it neither opens nor clears, and the time until it may clear starts anew. Only in the end it is given up. */
function notSeen(life: FindingLife, now: number, timing: Timing, since: number): FindingLife | null {
  if (now - since >= timing.expireAfterMs) return end(life, now, "expired");
  return life.state === "recovering" ? { ...life, recoveringAt: now } : life;
}

const clearTime = (life: FindingLife, timing: Timing, isRepaired: boolean): number =>
  life.flapCount > 0 && !isRepaired ? timing.clearAfterMs * FLAP_CLEAR_FACTOR : timing.clearAfterMs;

function seenClear(life: FindingLife, now: number, timing: Timing, isRepaired: boolean): FindingLife | null {
  // What went away together with its cause needs no time of its own to be believed: nobody was shown it.
  if (life.state === "pending") return end({ ...life, recoveringAt: now }, now, isRepaired ? "repaired" : "cleared");
  const since = life.recoveringAt ?? now;
  if (now - since >= clearTime(life, timing, isRepaired))
    return close({ ...life, recoveringAt: since }, now, isRepaired ? "repaired" : "cleared");
  return { ...life, state: "recovering", recoveringAt: since };
}

function seenProblem(
  life: FindingLife | null,
  now: number,
  timing: Timing,
  cause: "none" | "standing" | "raised",
  predecessor: Predecessor | null,
): FindingLife {
  if (life && isHidden(life)) return seenHidden(life, now, timing, cause);
  if (life && life.state !== "pending") {
    if (cause === "raised") return { ...life, state: "pending", recoveringAt: null, lastSeenAt: now };
    if (life.state !== "recovering") return { ...life, lastSeenAt: now };
    return { ...life, state: "flapping", recoveringAt: null, lastSeenAt: now, flapCount: life.flapCount + 1 };
  }
  // While its cause stands the debounce does not run: what remains afterwards must stand by itself.
  const alone = cause === "none" ? (life?.recoveringAt ?? now) : null;
  const firstSeenAt = life && life.recoveringAt !== null && alone !== null ? life.firstSeenAt : now;
  const pending: FindingLife = {
    state: "pending",
    firstSeenAt,
    openedAt: null,
    lastSeenAt: now,
    recoveringAt: alone,
    closedAt: null,
    closeReason: null,
    flapCount: 0,
  };
  if (alone === null || now - alone < timing.raiseAfterMs) return pending;
  const shown = { ...pending, recoveringAt: null, openedAt: now };
  const isBack = predecessor !== null && firstSeenAt - predecessor.closedAt <= FLAP_WINDOW_MS;
  if (!isBack) return { ...shown, state: "open" };
  return {
    ...shown,
    state: "flapping",
    firstSeenAt: predecessor.firstSeenAt,
    flapCount: predecessor.flapCount + 1,
  };
}

/** Comes back to light when it has stood without its cause for as long as it would have had to from the start. */
function seenHidden(
  life: FindingLife,
  now: number,
  timing: Timing,
  cause: "none" | "standing" | "raised",
): FindingLife {
  const seen = { ...life, lastSeenAt: now };
  if (cause !== "none") return { ...seen, recoveringAt: null };
  const alone = life.recoveringAt ?? now;
  if (now - alone < timing.raiseAfterMs) return { ...seen, recoveringAt: alone };
  return { ...seen, state: life.flapCount > 0 ? "flapping" : "open", recoveringAt: null };
}

/** Ends a finding that is not closed yet; a debounce leaves nothing. */
const end = (life: FindingLife, now: number, closeReason: CloseReason): FindingLife | null =>
  life.state === "pending" && !isHidden(life) ? null : close(life, now, closeReason);

function close(life: FindingLife, now: number, closeReason: CloseReason): FindingLife {
  return { ...life, state: "closed", closedAt: now, closeReason };
}
