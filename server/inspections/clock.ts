// When time alone makes checks come to another outcome on the same facts: they are asked about the future. Pure; look.ts turns it into "look again at".
import type { Check, Outcome } from "../../checks/define.ts";
import type { Facts } from "../../protocol/facts.ts";
import type { NodeView } from "./facts.ts";

/** An instant found is right to this, ms. */
const RESOLUTION_MS = 1_000;
/** A node is asked at least so far ahead, ms … */
export const AHEAD_MIN_MS = 60_000;
/** … and never further: then it is looked at again, changed or not. */
export const AHEAD_MAX_MS = 6 * 3_600_000;
/** The longer nothing new came, the further ahead: each look costs as much as this one. */
const AHEAD_FACTOR = 4;

/** How far ahead to ask of a node that has said nothing new for `quietMs`. */
export const aheadOf = (quietMs: number): number =>
  Math.min(AHEAD_MAX_MS, Math.max(AHEAD_MIN_MS, quietMs * AHEAD_FACTOR));

/** The view as it will be if no new fact comes: a live session goes on confirming, a lost one does not. */
export function laterView(view: NodeView, laterMs: number): NodeView {
  const now = view.now + laterMs;
  if (!view.isLive) return { ...view, now };
  const facts: Facts = {};
  // Each kind keeps its own data; only the time of confirmation moves.
  for (const [kind, fact] of Object.entries(view.facts)) Object.assign(facts, { [kind]: { ...fact, at: now } });
  return { ...view, facts, now };
}

/** What counts as another outcome: other subjects, reasons or severities, or knowing and not knowing. Words that tell an age do not. */
function signature(outcome: Outcome): string {
  if (outcome.status !== "problems") return outcome.status;
  return outcome.problems
    .map(({ subject, reason, severity }) => `${subject}\n${reason}\n${severity ?? ""}`)
    .sort()
    .join("\n\n");
}

export type Asked = { check: Check; outcome: Outcome; open: ReadonlySet<string> };

/**
 * Ms from now until the first of these checks comes to another outcome, null when none does within `aheadMs`. Seen is what differs at the end: an
 * outcome that comes and goes in between is met by the look that follows.
 * @param ask one check on a view; an exception must be an outcome
 */
export function changesWithin(
  asked: readonly Asked[],
  view: NodeView,
  aheadMs: number,
  ask: (check: Check, view: NodeView, open: ReadonlySet<string>) => Outcome,
): number | null {
  let earliest: number | null = null;
  const later = laterView(view, aheadMs);
  for (const { check, outcome, open } of asked) {
    const now = signature(outcome);
    if (signature(ask(check, later, open)) === now) continue;
    let [same, other] = [0, aheadMs];
    if (earliest !== null) {
      // Only an earlier change than the one known is of interest.
      if (signature(ask(check, laterView(view, earliest), open)) === now) continue;
      other = earliest;
    }
    while (other - same > RESOLUTION_MS) {
      const middle = Math.round((same + other) / 2);
      if (signature(ask(check, laterView(view, middle), open)) === now) same = middle;
      else other = middle;
    }
    earliest = other;
  }
  return earliest;
}
